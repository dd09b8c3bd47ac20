import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

/** `swarmbench rspec` */
export function rspecCommand(): Command {
  const rspec = command({
    name: "rspec",
    summary:
      "Write a request RSpec for a scenario: its nodes as bare machines on one LAN, with their addresses",
    details:
      "Load it into jFed, run it there, wait until all nodes are ready, and save the manifest, which a testbed of kind rspec " +
      "reads.\n\nTypes of machine: pcgen03-1p (Virtual Wall), d710 (Emulab), paravance-rennes (Grid'5000).\n" +
      "An image: urn:publicid:IDN+wall2.ilabt.iminds.be+image+emulab-ops:UBUNTU20-64-STD.\n" +
      "Testbeds: urn:publicid:IDN+wall2.ilabt.iminds.be+authority+cm, urn:publicid:IDN+wall1.ilabt.iminds.be+authority+cm, " +
      "urn:publicid:IDN+emulab.net+authority+cm, urn:publicid:IDN+am.grid5000.fr+authority+am.",
    examples: ["npm run rspec -- -s fed4fire --hardware pcgen03-1p -o request.rspec"],
    exits: {
      done: "written",
      failed: "the scenario's configuration has errors, or the file cannot be written",
      usage: "wrong arguments",
    },
  })
    .option(
      "-s, --stack <scenario>",
      "scenario whose nodes are requested; its configuration is Pulumi.<scenario>.yaml",
      "local",
    )
    .option("--hardware <type>", "type of machine (default: any that is free)")
    .option("--image <urn>", "disk image (default: the testbed's)")
    .option("--manager <urn>", "testbed (default: Virtual Wall 2)")
    .option(
      "-o, --output <file>",
      'file to write, "-" for standard output (default: <scenario>.request.rspec)',
    );
  return runs(rspec, async () => (await import("./main.ts")).run);
}
