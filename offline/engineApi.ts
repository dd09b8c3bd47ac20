import { serverVersion } from "../cli/setup/engine.ts";
import { SwarmbenchError } from "../contract/errors.ts";

/** The newest API version that the compiled Docker provider speaks. */
export const PROVIDER_API = "1.41";

/** Checks that an engine speaks an API version that the Docker provider speaks. @throws SwarmbenchError otherwise */
export async function refuseTooNew(engineHost: string): Promise<void> {
  refuseTooNewApi(await serverVersion(engineHost, "MinAPIVersion"));
}

/**
 * Checks an engine's API against the Docker provider's.
 *
 * @param oldest the oldest API version that the engine speaks
 * @throws SwarmbenchError `engine-unsuitable` if it is newer than what the provider speaks
 */
export function refuseTooNewApi(oldest = ""): void {
  const [major = 0, minor = 0] = oldest.split(".").map(Number);
  const [providerMajor = 0, providerMinor = 0] = PROVIDER_API.split(".").map(Number);
  if (!(major > providerMajor || (major === providerMajor && minor > providerMinor))) return;
  throw new SwarmbenchError(
    "engine-unsuitable",
    `The Docker engine speaks API ${oldest} and later; the Docker provider that is built here speaks ` +
      `${PROVIDER_API} at most.`,
    {
      hint:
        "Use the official tools:   SWARMBENCH_SOURCE=official npm run setup\n" +
        "Or an older engine, such as Debian's docker.io.",
    },
  );
}
