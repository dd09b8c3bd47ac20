// Remembers the run of a `pulumi up` on reserved nodes until it has ended, so that the next `up` can continue it on other nodes.
import { rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { RUN_NAME } from "../../contract/request.ts";
import { readCache } from "../../lib/cache.ts";
import { writeWhole } from "../../results/store.ts";

const schema = z.object({
  /** Name of its folder. */
  run: z.string().regex(RUN_NAME),
  /** Key of its plan. */
  plan: z.string(),
});
/** A run that has not ended. */
export type Unfinished = z.output<typeof schema>;

/** There is one file per scenario: the latest unfinished run replaces an earlier one. */
function fileOf(results: string, scenario: string): string {
  return path.join(results, `.unfinished-${encodeURIComponent(scenario)}.json`);
}

/** The folder of the unfinished run of this plan; undefined if there is none. An unreadable file counts as none. */
export function unfinishedRun(results: string, scenario: string, plan: string): string | undefined {
  const unfinished = readCache(fileOf(results, scenario), (document) => schema.parse(document));
  return unfinished?.plan === plan ? path.join(results, unfinished.run) : undefined;
}

/** Remembers a run that begins. @throws SwarmbenchError when the file cannot be written */
export function noteUnfinished(results: string, scenario: string, unfinished: Unfinished): void {
  writeWhole(fileOf(results, scenario), `${JSON.stringify(unfinished)}\n`);
}

/** Forgets the unfinished run of a scenario. */
export function forgetUnfinished(results: string, scenario: string): void {
  rmSync(fileOf(results, scenario), { force: true });
}
