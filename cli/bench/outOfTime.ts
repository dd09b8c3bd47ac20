import { word } from "../../lib/shell.ts";

/** The message of a run that was stopped before its reservation ended: why, and the commands that resume it. */
export function outOfTime(
  why: string,
  run: { scenario: string; fromUp: boolean; folder: string; changes: readonly string[] },
): string {
  const up = `pulumi up -s ${run.scenario}`;
  const set = run.changes.flatMap((change) => ["--set", word(change)]);
  const bench = ["npm run bench -- -s", run.scenario, ...set, "--resume", run.folder].join(" ");
  const lengthen = `npm run reserve -- -s ${run.scenario} --extend DURATION`;
  const next = run.fromUp
    ? `Once it is over, ${up} reserves anew and goes on with this run; or lengthen it (${lengthen}) and do the same. By hand: ${bench}`
    : `Lengthen it (${lengthen}), or once it is over reserve anew (${up}), and go on: ${bench}`;
  return `stopped before the reservation's end; ${why}. ${next}`;
}
