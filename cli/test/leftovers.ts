import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { lives } from "../doctor/alive.ts";
import { labelledObjects, removeObject } from "../doctor/dockerLeftovers.ts";

/** Begins the name of a test project's folder; the process id of its run follows. */
const TEST_PROJECTS = path.join(tmpdir(), "swarmbench-e2e-");

/**
 * Removes what killed test projects left over: containers, volumes, networks, folders.
 *
 * @param ofThisRun also removes what projects of this process left over, for the end of a run; otherwise only what earlier
 *   runs left, whose names and ports are needed now
 */
export async function removeTestProjects(engineHost: string, ofThisRun: boolean): Promise<void> {
  const options = { cleanUp: ofThisRun }; // also after Ctrl-C, which leaves them over
  for (const object of await labelledObjects(engineHost, options)) {
    if (isOver(object.owner, ofThisRun)) await removeObject(engineHost, object, options);
  }
  for (const name of readdirSync(tmpdir())) {
    const folder = path.join(tmpdir(), name);
    if (isOver(folder, ofThisRun)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether this is the folder of a test project whose run has ended. */
function isOver(folder: string, isOfThisRun: boolean): boolean {
  if (!folder.startsWith(TEST_PROJECTS)) return false;
  const pid = Number.parseInt(folder.slice(TEST_PROJECTS.length), 10);
  return pid === process.pid ? isOfThisRun : !(pid > 0 && lives(pid));
}
