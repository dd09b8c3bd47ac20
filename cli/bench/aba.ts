// --aba: runs the scenario, a variation of it, and the scenario again.
import path from "node:path";
import { EXIT } from "../../contract/errors.ts";
import { compare } from "../../results/compare/comparison.ts";
import { comparisonPage } from "../../results/report/comparisonPage.ts";
import { comparisonText } from "../../results/report/comparisonText.ts";
import { writeWhole } from "../../results/store.ts";
import { shownPath } from "../lib/userPaths.ts";
import type { Arguments } from "./arguments.ts";
import { type Outcome, runOnce } from "./once.ts";
import type { Session } from "./session.ts";

/**
 * Runs A, B and A again, and compares A with B. When the two runs of A differ, the machine, its neighbours or the stack changed
 * in the meantime, so that the comparison is void.
 *
 * @returns the exit code
 * @throws SwarmbenchError when one of the runs fails
 */
export async function runAba(session: Session, args: Arguments): Promise<number> {
  const { progress } = session;
  const runNamed = (name: string, changes: readonly string[]): Promise<Outcome> => {
    progress(`\n${name}${changes.length > 0 ? `: ${changes.join(", ")}` : ""}`);
    return runOnce(session, args, { changes });
  };
  const a = await runNamed("A", []);
  const b = await runNamed("B", args.set);
  const again = await runNamed("A again", []);
  const comparison = compare([a.run, b.run]);
  const file = path.join(b.folder, "compare.html");
  writeWhole(file, comparisonPage(comparison));
  progress(`\n${comparisonText(comparison)}\n\n${shownPath(file)}`);
  const drift = realDifferences(a, again);
  if (drift.length === 0) return EXIT.done;
  progress(`void: the two runs of the scenario differ:\n${drift.map((text) => `  ${text}`).join("\n")}`);
  return EXIT.abaVoid;
}

function realDifferences(first: Outcome, second: Outcome): string[] {
  const [difference] = compare([first.run, second.run]).differences;
  if (!difference) return [];
  return [difference.knee, ...difference.latencies].flatMap((each) => (each?.real ? [each.text] : []));
}
