import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { Stopped } from "../lib/signals.ts";

const RESERVATION = "swarmbench:testbed:Reservation";

/** The scenarios of a folder whose nodes OAR gives. @returns {Promise<string[]>} */
export async function oarScenarios(folder = project) {
  if (!existsSync(path.join(project, "node_modules/yaml"))) return []; // nothing is set up
  const { parse } = await import("yaml");
  return readdirSync(folder)
    .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
    .filter((scenario) => {
      const text = readFileSync(path.join(folder, `Pulumi.${scenario}.yaml`), "utf8");
      return kindOf(text, parse) === "oar";
    });
}

function kindOf(text, parse) {
  try {
    const testbed = parse(text)?.config?.["swarmbench:testbed"];
    return (typeof testbed === "string" ? JSON.parse(testbed) : testbed)?.kind;
  } catch {
    return undefined; // `up` says what is wrong with it
  }
}

/**
 * Jobs of scenarios whose stack knows of no reservation: those that a crash has left, or that were reserved by hand.
 *
 * @param {{ types: Map<string, Set<string>>, complete: boolean }} known resource types by stack
 * @param {string[] | Promise<string[]>} [scenarios] @param {(scenario: string, mode: string) => Promise<string>} [reserve]
 * @returns {Promise<{ mine: import("./leftovers.mjs").Leftover[], notes: string[] }>}
 */
export async function reservations(known, scenarios = oarScenarios(), reserve = runReserve) {
  const found = { mine: [], notes: [] };
  for (const scenario of await scenarios) {
    if (known.types.get(scenario)?.has(RESERVATION)) continue; // destroy gives it back
    try {
      for (const job of (await reserve(scenario, "--list")).split("\n").filter(Boolean)) {
        const what = `reserved for ${scenario}, and its stack does not know it: job ${job}`;
        if (known.complete) found.mine.push({ what, remove: () => reserve(scenario, "--delete") });
        else found.notes.push(`cannot tell whether it is in use, left alone: ${what}`);
      }
    } catch (error) {
      if (error instanceof Stopped) throw error;
      found.notes.push(`the reservations of ${scenario} could not be looked at: ${lastLine(error.message)}`);
    }
  }
  return found;
}

function runReserve(scenario, mode) {
  const program = ["--import", "tsx", "cli/reserve/main.ts", "-s", scenario, mode];
  return run(process.execPath, program, { cwd: project });
}

function lastLine(text) {
  const error = /^error: .*$/m.exec(text)?.[0];
  return error ?? text.trim().split("\n").at(-1);
}
