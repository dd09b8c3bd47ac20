import { existsSync, readFileSync } from "node:fs";
import { SwarmbenchError } from "../../contract/errors.ts";
import { built } from "../../offline/install.ts";
import { installationFile } from "../lib/paths.ts";
import { step } from "../lib/steps.ts";
import { official } from "./official.ts";
import type { ToolSource } from "./toolSource.ts";

/** Name of a tool source in installation.json. */
export type SourceName = ToolSource["name"];

/** Pulumi's page with the newest version of its CLI. If it answers, the official tools can be downloaded. */
const PROBE = "https://www.pulumi.com/latest-version";
const PROBE_TIMEOUT_MS = 3_000;

const SOURCES: Record<SourceName, ToolSource> = { official, built };

/** The tool source with a name. */
export function toolSource(name: SourceName): ToolSource {
  return SOURCES[name];
}

/** The inputs of {@link chooseSource}. */
export interface Circumstances {
  env?: { SWARMBENCH_SOURCE?: string };
  /** The name that an earlier setup chose. */
  remembered?: unknown;
  reach?: typeof fetch;
}

/**
 * Chooses where tools and images come from: `official` (their makers) or `built` (from package registries alone).
 * SWARMBENCH_SOURCE decides; if it is unset, an earlier setup's choice; else whether the makers can be reached.
 *
 * @throws SwarmbenchError `usage` if SWARMBENCH_SOURCE is neither
 */
export async function chooseSource(circumstances: Circumstances = {}): Promise<SourceName> {
  const { env = process.env, remembered = recall(), reach = fetch } = circumstances;
  const wanted = env.SWARMBENCH_SOURCE;
  if (isSource(wanted)) return wanted;
  if (wanted) {
    const hint = "It may be official or built. If it is unset, setup finds out.";
    throw new SwarmbenchError("usage", `SWARMBENCH_SOURCE is "${wanted}".`, { hint });
  }
  if (isSource(remembered)) return remembered;
  return step("check whether the official tools can be downloaded", async () => {
    try {
      const response = await reach(PROBE, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      return response.ok ? "official" : "built";
    } catch {
      return "built"; // no internet access, or no answer in time: only the registries are left
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
    return undefined; // written by another version; chosen again
  }
}
