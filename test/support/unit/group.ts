import { register } from "node:module";
import * as path from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { type Registration, registrationsOf, stopPostponing } from "./nodeTest.ts";

const repository = path.resolve(import.meta.dirname, "../../..");
/** Most files take under a second; the slowest takes ten on two cores. */
const FILE_TIMEOUT_MS = 120_000;

/**
 * Runs test files in this process, one after another, each as a suite named by its path.
 *
 * A file that cannot be loaded is a failed suite, and one that hangs fails after two minutes; the others run all the
 * same.
 *
 * @param files paths below the repository
 */
export async function runGroup(files: readonly string[]): Promise<void> {
  register("./moduleHooks.ts", import.meta.url);
  const suites = new Map<string, Registration[]>();
  for (const file of files) suites.set(file, await registrationsIn(file));
  stopPostponing();
  for (const [file, registrations] of suites) {
    describe(file, { timeout: FILE_TIMEOUT_MS }, () => {
      for (const register of registrations) register();
    });
  }
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
