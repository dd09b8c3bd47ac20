import { parseArgs } from "node:util";
import { checkRequest, DEFAULT_MANAGER, type RequestOptions } from "../../testbeds/rspec/index.ts";

export const HELP = `npm run rspec -- [-s SCENARIO] [--hardware TYPE] [--image URN] [--manager URN] [-o FILE]

Writes a request RSpec for a scenario: its nodes as bare machines, on one LAN with the addresses that the scenario gives them.
Load it into jFed, run it there, wait until all is ready, and save the manifest: that is what a testbed of kind rspec reads.
  -s, --stack SCENARIO  whose nodes; its configuration is Pulumi.SCENARIO.yaml; default: local
  --hardware TYPE       the testbed's type of machine, such as pcgen03-1p (Virtual Wall), d710 (Emulab),
                        paravance-rennes (Grid'5000); default: what the testbed has free
  --image URN           the image on its disk, such as urn:publicid:IDN+wall2.ilabt.iminds.be+image+emulab-ops:UBUNTU20-64-STD;
                        default: the testbed's own
  --manager URN         the testbed; default: ${DEFAULT_MANAGER}
                        others: urn:publicid:IDN+wall1.ilabt.iminds.be+authority+cm, urn:publicid:IDN+emulab.net+authority+cm,
                        urn:publicid:IDN+am.grid5000.fr+authority+am
  -o, --output FILE     where it goes, "-" for standard output; default: SCENARIO.request.rspec

Ends with 0: written; 1: the scenario's configuration has mistakes, or the file cannot be written; 2: wrong arguments.`;

export interface Arguments {
  stack: string;
  output: string;
  request: RequestOptions;
  help: boolean;
}

/** @throws Error for what is no argument */
export function readArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      stack: { type: "string", short: "s", default: "local" },
      hardware: { type: "string" },
      image: { type: "string" },
      manager: { type: "string" },
      output: { type: "string", short: "o" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { stack, hardware, image, manager, output, help } = values;
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(stack)) throw new Error(`"${stack}" is no name of a scenario`);
  const request = {
    hardwareType: hardware,
    image,
    manager,
  };
  checkRequest(request);
  return { stack, output: output ?? `${stack}.request.rspec`, request, help };
}
