import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { Stopped } from "../lib/signals.ts";
import type { Leftover } from "./leftover.ts";

const RESERVATION = "swarmbench:testbed:Reservation";

/** The resource types in the state of each stack. */
type Types = ReadonlyMap<string, ReadonlySet<string>>;

/** The scenarios of a folder whose nodes OAR gives. */
export function oarScenarios(folder = project): string[] {
  return readdirSync(folder)
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .filter((scenario) => {
      const text = readFileSync(path.join(folder, `Pulumi.${scenario}.yaml`), "utf8");
      return testbedKind(text) === "oar";
    });
}

function testbedKind(text: string): unknown {
  try {
    const stack: { config?: Record<string, unknown> } | null = parse(text);
    const value = stack?.config?.["swarmbench:testbed"];
    const testbed = typeof value === "string" ? JSON.parse(value) : value;
    return (testbed as { kind?: unknown } | undefined)?.kind;
  } catch {
    return undefined; // `up` says what is wrong with it
  }
}

/**
 * The stacks whose reservations are looked for: those that were brought up, and those that the user names. A scenario file
 * alone says nothing: a fresh checkout has several, of sites that the user has no account at.
 */
export function stacksToInspect(
  types: Types,
  named: readonly string[],
  scenarios = oarScenarios(),
): string[] {
  return scenarios.filter((scenario) => named.includes(scenario) || (types.get(scenario)?.size ?? 0) > 0);
}

/**
 * Jobs of scenarios whose stack knows of no reservation: those that a crash has left, or that were reserved by hand.
 *
 * @param known resource types by stack, and whether all states could be read
 */
export async function reservations(
  known: { types: Types; complete: boolean },
  scenarios: readonly string[],
  reserve: (scenario: string, mode: string) => Promise<string> = runReserve,
): Promise<{ mine: Leftover[]; notes: string[] }> {
  const found: { mine: Leftover[]; notes: string[] } = { mine: [], notes: [] };
  for (const scenario of scenarios) {
    if (known.types.get(scenario)?.has(RESERVATION)) continue; // destroy gives it back
    try {
      for (const job of (await reserve(scenario, "--list")).split("\n").filter(Boolean)) {
        const what = `reserved for ${scenario}, and its stack does not know it: job ${job}`;
        if (known.complete) found.mine.push({ what, remove: () => reserve(scenario, "--delete") });
        else found.notes.push(`cannot tell whether it is in use, left alone: ${what}`);
      }
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const why = errorLine((error as Error).message);
      found.notes.push(`the reservations of ${scenario} could not be looked at: ${why}`);
    }
  }
  return found;
}

function runReserve(scenario: string, mode: string): Promise<string> {
  return run(process.execPath, ["swarmbench.mjs", "reserve", "-s", scenario, mode], { cwd: project });
}

function errorLine(text: string): string {
  const error = /^error: .*$/m.exec(text)?.[0];
  return error ?? text.trim().split("\n").at(-1) ?? "";
}
