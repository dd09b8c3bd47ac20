import { Problem } from "../lib/problem.ts";
import { Stopped } from "../lib/signals.ts";

/**
 * Does what needs the makers' sites: that one of them answered once does not mean that all do.
 *
 * @throws Problem with the way out where the work fails
 */
export async function fromMakers<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Stopped || !(error instanceof Error)) throw error;
    throw new Problem(
      error.message,
      "Where its maker cannot be reached, all can be built from package registries instead:\n" +
        "SWARMBENCH_SOURCE=built npm run setup",
      { cause: error },
    );
  }
}
