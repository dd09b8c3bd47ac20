import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { readScenario, scenarioNames } from "../lib/scenarios.ts";
import { Stopped } from "../lib/signals.ts";
import type { Leftover } from "./leftover.ts";

const RESERVATION = "swarmbench:testbed:Reservation";

/** The resource types in the state of each stack. */
type Types = ReadonlyMap<string, ReadonlySet<string>>;

/** The scenarios of a folder whose nodes are reserved through OAR. */
export function oarScenarios(folder = project): string[] {
  return scenarioNames(folder).filter((scenario) => testbedKind(scenario, folder) === "oar");
}

function testbedKind(scenario: string, folder: string): unknown {
  try {
    const testbed = readScenario(scenario, folder).testbed as { kind?: unknown } | undefined;
    return testbed?.kind;
  } catch {
    return undefined; // `up` reports what is wrong with the file
  }
}

/**
 * The stacks whose reservations are checked: those that were brought up, and those that the user names. Scenario files alone do
 * not count, because a fresh checkout has several for sites at which the user has no account.
 */
export function stacksToInspect(
  types: Types,
  named: readonly string[],
  scenarios = oarScenarios(),
): string[] {
  return scenarios.filter((scenario) => named.includes(scenario) || (types.get(scenario)?.size ?? 0) > 0);
}

/**
 * Finds jobs of scenarios whose stack has no reservation in its state: a crash left them, or they were reserved by hand.
 *
 * @param known resource types by stack, and whether all states could be read
 * @param reserve runs `swarmbench reserve` for a scenario and returns its output
 */
export async function reservations(
  known: { types: Types; complete: boolean },
  scenarios: readonly string[],
  reserve: (scenario: string, mode: string) => Promise<string> = runReserve,
): Promise<{ mine: Leftover[]; notes: string[] }> {
  const mine: Leftover[] = [];
  const notes: string[] = [];
  for (const scenario of scenarios) {
    if (known.types.get(scenario)?.has(RESERVATION)) continue; // destroy ends it
    try {
      for (const job of (await reserve(scenario, "--list")).split("\n").filter(Boolean)) {
        const what = `reserved for ${scenario}, but not in its stack: job ${job}`;
        if (known.complete) mine.push({ what, remove: () => reserve(scenario, "--delete") });
        else notes.push(`may be in use, not removed: ${what}`);
      }
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const why = errorLine((error as Error).message);
      notes.push(`the reservations of ${scenario} could not be checked: ${why}`);
    }
  }
  return { mine, notes };
}

function runReserve(scenario: string, mode: string): Promise<string> {
  return run(process.execPath, ["swarmbench.mjs", "reserve", "-s", scenario, mode], { cwd: project });
}

function errorLine(text: string): string {
  const error = /^error: .*$/m.exec(text)?.[0];
  return error ?? text.trim().split("\n").at(-1) ?? "";
}
