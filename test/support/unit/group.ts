import { register } from "node:module";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { type Registration, registrationsOf, stopPostponing } from "./nodeTest.ts";

const repository = path.resolve(import.meta.dirname, "../../..");
/** Most files take under a second; the slowest takes ten on two cores. */
const FILE_TIMEOUT_MS = 120_000;
/** How long after the last test something may keep the process alive. */
const EXIT_MS = 2_000;

/**
 * Runs test files in this process, one after another, each as a suite named by its path.
 *
 * A file that cannot be loaded is a failed suite, and one that hangs fails after two minutes; the others run
 * anyway.
 *
 * @param files paths below the repository
 * @param timeoutMs time limit of each file
 */
export async function runGroup(files: readonly string[], timeoutMs = FILE_TIMEOUT_MS): Promise<void> {
  register("./moduleHooks.ts", import.meta.url);
  const suites = new Map<string, Registration[]>();
  for (const file of files) suites.set(file, await registrationsIn(file));
  stopPostponing();
  const finished = keepAlive(suites.size);
  for (const [file, registrations] of suites) {
    describe(file, { timeout: timeoutMs }, () => {
      after(finished);
      for (const register of registrations) register();
    });
  }
}

/**
 * Keeps the process alive until a number of files are finished: if a test waits for a promise that nothing resolves, Node
 * would end the process and cancel the remaining files.
 *
 * @returns a function to call at the end of each file
 */
function keepAlive(files: number): () => void {
  const timer = setInterval(() => {}, 1_000_000);
  let left = files;
  return () => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    setTimeout(() => process.exit(1), EXIT_MS).unref(); // a test that timed out may leave timers or sockets open
  };
}

async function registrationsIn(file: string): Promise<Registration[]> {
  try {
    return await registrationsOf(() => import(pathToFileURL(path.join(repository, file)).href));
  } catch (error) {
    return [
      () =>
        void it("can be loaded", () => {
          throw error;
        }),
    ];
  }
}
