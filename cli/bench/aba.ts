// --aba: the scenario, a variation of it, the scenario again.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { EXIT } from "../../contract/errors.ts";
import { compare } from "../../results/compare/comparison.ts";
import { comparisonPage } from "../../results/report/comparisonPage.ts";
import { comparisonText } from "../../results/report/comparisonText.ts";
import { writeWhole } from "../../results/store.ts";
import type { Arguments } from "./arguments.ts";
import { runOnce } from "./once.ts";
import type { Session } from "./session.ts";

/**
 * Where the two runs of the scenario differ, the machine, its neighbours or the stack have changed meanwhile: then nothing
 * can be said of what is between them.
 */
export async function runAba(session: Session, args: Arguments): Promise<number> {
  const { progress } = session;
  const runs = [];
  for (const [name, changes] of [
    ["A", []],
    ["B", args.set],
    ["A again", []],
  ] as const) {
    progress(`\n${name}${changes.length > 0 ? `: ${changes.join(", ")}` : ""}`);
    runs.push(await runOnce(session, args, { changes }));
  }
  const [a, b, again] = runs as [
    Awaited<ReturnType<typeof runOnce>>,
    ...Awaited<ReturnType<typeof runOnce>>[],
  ];
  const drift = compare([a.run, (again as typeof a).run]).differences.flatMap(({ knee, latencies }) =>
    [...(knee ? [knee] : []), ...latencies].filter(({ real }) => real),
  );
  const comparison = compare([a.run, (b as typeof a).run]);
  const file = path.join((b as typeof a).folder, "compare.html");
  mkdirSync(path.dirname(file), { recursive: true });
  writeWhole(file, comparisonPage(comparison));
  progress(`\n${comparisonText(comparison)}\n\n${file}`);
  if (drift.length === 0) return EXIT.done;
  progress(`void: the two runs of the scenario differ:\n${drift.map(({ text }) => `  ${text}`).join("\n")}`);
  return EXIT.abaVoid;
}
