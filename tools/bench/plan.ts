import { Failure } from "./exit";

/** The plan that a stack gives as its output. @throws Failure where there is none */
export async function planOf(scenario: string): Promise<unknown> {
  // A module of the other kind: setting machines up needs no TypeScript.
  const { pulumi } = await import("../lib/pulumiCli.mjs");
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", scenario, "--non-interactive"];
  const outputs: { benchPlan?: unknown } = JSON.parse(
    await pulumi(args).catch((error: Error) => {
      throw /no stack named/.test(error.message) ? new Failure(notUp(scenario)) : error;
    }),
  );
  if (outputs.benchPlan === undefined) throw new Failure(notUp(scenario));
  return outputs.benchPlan;
}

function notUp(scenario: string): string {
  const make = scenario === "local" ? "npm run demo" : `eval "$(npm run -s env)" && pulumi up -s ${scenario}`;
  return `There is no stack ${scenario} with Kafka that is up. Make it: ${make}`;
}
