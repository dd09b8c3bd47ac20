import { existsSync, readFileSync } from "node:fs";
import { built } from "../../offline/install.ts";
import { installationFile } from "../lib/paths.ts";
import { Problem } from "../lib/problem.ts";
import { step } from "../lib/steps.ts";
import { official } from "./official.ts";
import type { ToolSource } from "./toolSource.ts";

export type SourceName = ToolSource["name"];

/** Pulumi's page with the newest version of its CLI: where it answers, the official tools can be had as well. */
const PROBE = "https://www.pulumi.com/latest-version";
const PROBE_TIMEOUT_MS = 3_000;

const SOURCES: Record<SourceName, ToolSource> = { official, built };

/** What setup installs from, by the name in installation.json. */
export function toolSource(name: SourceName): ToolSource {
  return SOURCES[name];
}

/** What {@link chooseSource} decides by. */
export interface Circumstances {
  env?: { SWARMBENCH_SOURCE?: string };
  /** What an earlier setup chose. */
  remembered?: unknown;
  reach?: typeof fetch;
}

/**
 * Where tools and images come from: `official` (their makers) or `built` (from package registries alone).
 * SWARMBENCH_SOURCE decides; else what an earlier setup chose; else whether the makers can be reached.
 *
 * @throws Problem where SWARMBENCH_SOURCE is neither
 */
export async function chooseSource(circumstances: Circumstances = {}): Promise<SourceName> {
  const { env = process.env, remembered = recall(), reach = fetch } = circumstances;
  const wanted = env.SWARMBENCH_SOURCE;
  if (isSource(wanted)) return wanted;
  if (wanted)
    throw new Problem(
      `SWARMBENCH_SOURCE is "${wanted}".`,
      "It may be official or built; unset, setup finds out.",
    );
  if (isSource(remembered)) return remembered;
  return step("see whether the official tools can be reached", async () => {
    try {
      const answer = await reach(PROBE, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      return answer.ok ? "official" : "built";
    } catch {
      return "built"; // no way out, or no answer in time: the registries are what there is
    }
  });
}

function isSource(name: unknown): name is SourceName {
  return typeof name === "string" && Object.hasOwn(SOURCES, name);
}

function recall(): unknown {
  if (!existsSync(installationFile)) return undefined;
  try {
    return JSON.parse(readFileSync(installationFile, "utf8")).source;
  } catch {
    return undefined; // written by another version: found out again
  }
}
