// The run of `pulumi up` that was not seen to its end, where its nodes were reserved: the next `up` goes on with it on others.
import { rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { RUN_NAME } from "../../contract/request.ts";
import { readCache } from "../../lib/cache.ts";
import { writeWhole } from "../../results/store.ts";

const schema = z.object({
  /** Of its folder. */
  run: z.string().regex(RUN_NAME),
  /** Key of what it was asked for. */
  plan: z.string(),
});
export type Unfinished = z.output<typeof schema>;

/** One of a scenario is enough: of the run before it the user has been told. */
function fileOf(results: string, scenario: string): string {
  return path.join(results, `.unfinished-${encodeURIComponent(scenario)}.json`);
}

/** @returns the folder of the run of this plan that is to be gone on with */
export function unfinishedRun(results: string, scenario: string, plan: string): string | undefined {
  // A note that cannot be read costs its run's steps, no more.
  const found = readCache(fileOf(results, scenario), (document) => schema.parse(document));
  return found?.plan === plan ? path.join(results, found.run) : undefined;
}

export function noteUnfinished(results: string, scenario: string, unfinished: Unfinished): void {
  writeWhole(fileOf(results, scenario), `${JSON.stringify(unfinished)}\n`);
}

export function forgetUnfinished(results: string, scenario: string): void {
  rmSync(fileOf(results, scenario), { force: true });
}
