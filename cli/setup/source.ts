import { existsSync, readFileSync } from "node:fs";
import { SwarmbenchError } from "../../contract/errors.ts";
import { built } from "../../offline/install.ts";
import { installationFile } from "../lib/paths.ts";
import { ask } from "../lib/run.ts";
import { step } from "../lib/steps.ts";
import { official } from "./official.ts";
import type { ToolSource } from "./toolSource.ts";

/** Name of a tool source in installation.json. */
export type SourceName = ToolSource["name"];

/** Pulumi's page with the newest version of its CLI. If it answers, the official tools can be downloaded. */
const PROBE = "https://www.pulumi.com/latest-version";
const PROBE_TIMEOUT_SEC = 3;

const SOURCES: Record<SourceName, ToolSource> = { official, built };

/** The tool source with a name. */
export function toolSource(name: SourceName): ToolSource {
  return SOURCES[name];
}

/** The inputs of {@link chooseSource}. */
export interface Circumstances {
  env?: Record<string, string | undefined>;
  /** The name that an earlier setup chose. */
  remembered?: unknown;
  /** Whether a page answers. @default {@link answers} */
  reach?: (url: string) => Promise<boolean>;
  /** @default prints it */
  report?: (line: string) => void;
}

/**
 * Chooses where tools and images come from: `official` (their makers) or `built` (from package registries alone).
 * SWARMBENCH_SOURCE decides; if it is unset, an earlier setup's choice; else whether the makers can be reached.
 *
 * @throws SwarmbenchError `usage` if SWARMBENCH_SOURCE is neither
 */
export async function chooseSource(circumstances: Circumstances = {}): Promise<SourceName> {
  const { env = process.env, remembered = recall(), reach = answers, report = console.log } = circumstances;
  const wanted = env.SWARMBENCH_SOURCE;
  if (isSource(wanted)) return wanted;
  if (wanted) {
    const hint = "It may be official or built. If it is unset, setup finds out.";
    throw new SwarmbenchError("usage", `SWARMBENCH_SOURCE is "${wanted}".`, { hint });
  }
  if (isSource(remembered)) return remembered;
  const reachable = await step("check whether the official tools can be downloaded", () => reach(PROBE));
  report(detectionText(reachable, env));
  return reachable ? "official" : "built";
}

/** What the detection found, and how to override it. */
function detectionText(reachable: boolean, env: Record<string, string | undefined>): string {
  const { host } = new URL(PROBE);
  const proxy = env.https_proxy || env.HTTPS_PROXY || env.all_proxy || env.ALL_PROXY;
  const route = proxy
    ? `through the proxy ${withoutPassword(proxy)}`
    : "without a proxy (HTTPS_PROXY is unset)";
  return reachable
    ? `${host} answers, ${route}. To build everything from package registries: SWARMBENCH_SOURCE=built npm run setup`
    : `${host} did not answer within ${PROBE_TIMEOUT_SEC} s, ${route}. ` +
        "To download from the makers anyway: SWARMBENCH_SOURCE=official npm run setup";
}

function withoutPassword(proxy: string): string {
  return proxy.replace(/^([a-z0-9]+:\/\/)?[^@/]*@/i, "$1");
}

/**
 * Whether a page answers within {@link PROBE_TIMEOUT_SEC}. `curl` is asked first, because it uses the proxy of the environment
 * and its exceptions (HTTPS_PROXY, NO_PROXY), as the downloads do. Node's own client ignores them.
 */
async function answers(url: string): Promise<boolean> {
  if ((await ask("curl", ["--version"])) !== undefined) {
    const limit = ["--max-time", String(PROBE_TIMEOUT_SEC)];
    return (await ask("curl", ["--fail", "--silent", "--location", ...limit, url])) !== undefined;
  }
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_SEC * 1000) })).ok;
  } catch {
    return false; // no internet access, or no answer in time
  }
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
