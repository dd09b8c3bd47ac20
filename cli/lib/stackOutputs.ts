import { SwarmbenchError } from "../../contract/errors.ts";
import { pulumi } from "../setup/pulumiCli.ts";

/**
 * The outputs of a stack, with secrets in plain text. Any output may be missing: it belongs to a service that is not enabled,
 * or the stack is not up.
 *
 * @throws SwarmbenchError stack-not-up when there is no stack with this name
 */
export async function stackOutputs<Outputs extends object>(scenario: string): Promise<Partial<Outputs>> {
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", scenario, "--non-interactive"];
  try {
    return JSON.parse(await pulumi(args));
  } catch (error) {
    if (/no stack named/.test((error as Error).message)) throw stackNotUp(scenario, { exists: false });
    throw error;
  }
}

/** The error of a command that needs a stack which is not up, with the command that brings it up as the hint. */
export function stackNotUp(
  scenario: string,
  { exists = true, needed = "" }: { exists?: boolean; needed?: string } = {},
): SwarmbenchError {
  const create = exists ? "" : `pulumi stack init ${scenario} && `;
  const up =
    scenario === "local" ? "npm run demo" : `eval "$(npm run -s env)" && ${create}pulumi up -s ${scenario}`;
  const message = exists ? `the stack ${scenario} is not up${needed}` : `there is no stack ${scenario}`;
  return new SwarmbenchError("stack-not-up", message, { hint: `Bring it up: ${up}` });
}
