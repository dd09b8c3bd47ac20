import { SwarmbenchError } from "../../contract/errors.ts";
import { Stopped } from "../lib/signals.ts";

/**
 * Does work that downloads from the makers' sites. One of them has answered earlier, which does not mean that all do.
 *
 * @throws SwarmbenchError `source-unreachable` with a hint if the work fails
 */
export async function fromMakers<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Stopped || !(error instanceof Error)) throw error;
    throw new SwarmbenchError("source-unreachable", error.message, {
      hint:
        "If its maker's site cannot be reached, build everything from package registries instead:\n" +
        "SWARMBENCH_SOURCE=built npm run setup",
      cause: error,
    });
  }
}
