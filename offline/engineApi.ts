import { Problem } from "../cli/lib/problem.ts";
import { serverVersion } from "../cli/setup/engine.ts";

/** The newest API version that our Docker provider speaks. */
const PROVIDER_API = "1.41";

/** @throws Problem where an engine no longer speaks what our provider speaks */
export async function refuseTooNew(engineHost: string): Promise<void> {
  refuseTooNewApi(await serverVersion(engineHost, "MinAPIVersion"));
}

/**
 * @param oldest the oldest API version that an engine speaks
 * @throws Problem where that is newer than what our provider speaks
 */
export function refuseTooNewApi(oldest = ""): void {
  const [major = 0, minor = 0] = oldest.split(".").map(Number);
  const [ourMajor = 0, ourMinor = 0] = PROVIDER_API.split(".").map(Number);
  if (!(major > ourMajor || (major === ourMajor && minor > ourMinor))) return;
  throw new Problem(
    `The Docker engine speaks API ${oldest} and later; the Docker provider that is built here speaks ` +
      `${PROVIDER_API} at most.`,
    "Take the official tools:   SWARMBENCH_SOURCE=official npm run setup\n" +
      "Or an older engine, such as Debian's docker.io.",
  );
}
