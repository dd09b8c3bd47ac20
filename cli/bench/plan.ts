import { SwarmbenchError } from "../../contract/errors.ts";
import { pulumi } from "../setup/pulumiCli.ts";

/** What a stack that is up with Kafka gives as its outputs, with its secrets. */
export interface StackOutputs {
  benchPlan: unknown;
  registry: string;
  /** `ssh`: a shell's words. */
  nodes: { name: string; ssh: string }[];
  proxyImage: string;
}

/** The plan that a stack gives as its output. @throws SwarmbenchError where there is none */
export async function planOf(scenario: string): Promise<unknown> {
  return (await outputsOf(scenario)).benchPlan;
}

/** @throws SwarmbenchError where the stack is not up */
export async function outputsOf(scenario: string): Promise<StackOutputs> {
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", scenario, "--non-interactive"];
  const outputs: StackOutputs = JSON.parse(
    await pulumi(args).catch((error: Error) => {
      throw /no stack named/.test(error.message) ? notUp(scenario) : error;
    }),
  );
  if (outputs.benchPlan === undefined) throw notUp(scenario);
  return outputs;
}

function notUp(scenario: string): SwarmbenchError {
  const make = scenario === "local" ? "npm run demo" : `eval "$(npm run -s env)" && pulumi up -s ${scenario}`;
  const message = `There is no stack ${scenario} with Kafka that is up. Make it: ${make}`;
  return new SwarmbenchError("stack-not-up", message);
}
