import { SwarmbenchError } from "../../contract/errors.ts";
import { type BenchPlan, benchPlanSchema } from "../../contract/request.ts";
import { pulumi } from "../setup/pulumiCli.ts";

/** What a stack that is up with Kafka gives as its outputs, with its secrets. */
export interface StackOutputs {
  benchPlan: unknown;
  registry: string;
  /** `ssh`: a shell's words. */
  nodes: { name: string; ssh: string }[];
  proxyImage: string;
}

/** The plan of a stack, from its outputs. @throws SwarmbenchError if the stack is not up, or is of an earlier version */
export async function planOf(scenario: string): Promise<BenchPlan> {
  return parsePlan((await outputsOf(scenario)).benchPlan, `stack ${scenario}`);
}

/**
 * The plan in a document.
 *
 * @param source where the document comes from, for the error
 * @throws SwarmbenchError that lists what is wrong with it, by path and without its values, which may be secrets
 */
export function parsePlan(document: unknown, source: string): BenchPlan {
  const { data, error } = benchPlanSchema.safeParse(document);
  if (data) return data;
  const lines = error.issues.map(({ path, message }) => `  ${path.join(".") || "plan"}: ${message}`);
  throw new SwarmbenchError(
    "stack-outdated",
    `the benchmark plan of ${source} is not one of this version:\n${lines.join("\n")}`,
    { hint: "Bring the stack up to date: pulumi up" },
  );
}

/** The plan in a text of JSON, such as the standard input of `bench --from-up`. @throws SwarmbenchError if it has none */
export function parsePlanText(text: string): BenchPlan {
  const source = "standard input";
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Without the parser's own message, which quotes the text and so its secrets.
    throw new SwarmbenchError("usage", `the benchmark plan on ${source} is not JSON`);
  }
  return parsePlan(document, source);
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
