import { SwarmbenchError } from "../../contract/errors.ts";
import { word } from "../../lib/shell.ts";

/** The error of a run that was stopped before its reservation ended: the reason, and the commands that continue it. */
export function outOfTimeError(
  reason: string,
  run: { scenario: string; fromUp: boolean; folder: string; changes: readonly string[] },
): SwarmbenchError {
  const up = `pulumi up -s ${run.scenario}`;
  const set = run.changes.flatMap((change) => ["--set", word(change)]);
  const bench = ["npm run bench -- -s", run.scenario, ...set, "--resume", run.folder].join(" ");
  const extend = `npm run reserve -- -s ${run.scenario} --extend DURATION`;
  const hint = run.fromUp
    ? `Extend the reservation (${extend}) or wait until it has ended; then ${up} continues this run, on new nodes if needed. To continue it without pulumi up: ${bench}`
    : `Extend the reservation (${extend}), or reserve new nodes after it has ended (${up}). Then continue the run: ${bench}`;
  return new SwarmbenchError("out-of-time", `stopped before the reservation ends: ${reason}`, { hint });
}
