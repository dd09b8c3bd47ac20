/**
 * `node:test` for test files that share a process: a call at the top level of a file is postponed until the file's own
 * suite is built, so that its hooks apply to this file alone.
 *
 * The exports are live bindings: after the files are loaded they are Node's own functions, which read the location of a
 * test from their caller.
 */
import * as nodeTest from "node:test";

/** A postponed call of `describe`, `it` or a hook. */
export type Registration = () => void;

let postponed: Registration[] = [];

function postpone<Call extends (...args: never[]) => unknown>(call: Call): Call {
  const postponing = (...args: Parameters<Call>) => {
    postponed.push(() => void call(...args));
  };
  return Object.assign(postponing, call) as unknown as Call;
}

export let describe = postpone(nodeTest.describe);
export let suite = postpone(nodeTest.suite);
export let it = postpone(nodeTest.it);
export let test = postpone(nodeTest.test);
export let before = postpone(nodeTest.before);
export let after = postpone(nodeTest.after);
export let beforeEach = postpone(nodeTest.beforeEach);
export let afterEach = postpone(nodeTest.afterEach);
export const { mock } = nodeTest;

/** Loads a test file and returns the calls that it made at its top level. */
export async function registrationsOf(load: () => Promise<unknown>): Promise<Registration[]> {
  postponed = [];
  await load();
  return postponed;
}

/** Passes every later call directly to Node. */
export function stopPostponing(): void {
  ({ describe, suite, it, test, before, after, beforeEach, afterEach } = nodeTest);
}
