import { existsSync } from "node:fs";
import path from "node:path";
import { BASE_SCRATCH, cache, defaultHome, home, project, stateDirectory } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { abandonedBelow, removeTree } from "../setup/partial.ts";
import { readLocks, readStates } from "../setup/pulumiState.ts";
import { checkout, labelledObjects, removeObject, verdict } from "./dockerLeftovers.mjs";
import { reservations } from "./reservations.mjs";
import { strayProcesses } from "./strayProcesses.mjs";

/**
 * @typedef {{ what: string, remove: () => Promise<unknown> }} Leftover
 * @typedef {{ mine: Leftover[], gone: Leftover[], notes: string[], damaged: string[] }} Found
 *   `mine`: this checkout's; `gone`: of checkouts that are no more; `notes`: what is left alone, and why
 */

/**
 * What a crash has left.
 *
 * @param {string | undefined} engineHost undefined where no engine answers
 * @param {{ pulumi: string, env: Record<string, string> } | undefined} cli undefined where nothing is set up
 * @returns {Promise<Found>}
 */
export async function findLeftovers(engineHost, cli) {
  // In this order: what pulumi makes meanwhile is not in the list, what it made before is in a state or under a lock.
  const objects = engineHost ? await labelledObjects(engineHost) : [];
  const locks = readLocks(stateDirectory);
  const states = readStates(stateDirectory);
  const damaged = [...locks.damaged, ...states.damaged];
  const known = {
    ids: states.ids,
    // The label names the checkout, whose stacks are in its own home; another home does not know them.
    complete: damaged.length === 0 && home === defaultHome && existsSync(stateDirectory),
    // What a running pulumi has just made is not in its state yet.
    growing: locks.locks.some(({ is }) => is !== "stale"),
  };
  const docker = sortObjects(objects, known, engineHost);
  // What a running pulumi has just reserved is not in its state yet.
  const reserved = await reservations({
    types: states.types,
    complete: damaged.length === 0 && !known.growing,
  });
  return {
    // Containers first: what they use cannot be removed before them.
    mine: [
      ...(await strayProcesses()),
      ...docker.mine,
      ...reserved.mine,
      ...(cli ? staleLocks(locks, cli) : []),
      ...halfMade(),
    ],
    gone: docker.gone,
    notes: [...lockNotes(locks), ...docker.notes, ...reserved.notes],
    damaged,
  };
}

/**
 * @param {import("./dockerLeftovers.mjs").DockerObject[]} objects
 * @param {{ ids: Set<string>, complete: boolean, growing: boolean }} known
 * @returns {{ mine: Leftover[], gone: Leftover[], notes: string[] }}
 */
export function sortObjects(objects, known, engineHost, ownerIs = checkout, thisCheckout = project) {
  const judged = objects
    .filter(({ owner }) => !(known.growing && owner === thisCheckout))
    .map((object) => ({ object, is: verdict(object, known, ownerIs, thisCheckout) }));
  const having = (wanted) => judged.filter(({ is }) => is === wanted).map(({ object }) => object);
  const leftover = (object, why) => ({
    what: `${object.kind} ${object.name} of ${object.stack}: ${why}`,
    remove: () => removeObject(engineHost, object),
  });
  return {
    mine: having("leftover").map((object) => leftover(object, "no stack of this checkout knows it")),
    gone: having("gone").map((object) => leftover(object, `its checkout ${object.owner} is gone`)),
    notes: [
      ...having("unknown").map(
        ({ kind, name, stack, owner }) =>
          `cannot tell whether it is in use, left alone: ${kind} ${name} of ${stack}, from ${owner || "nowhere"}`,
      ),
      ...new Set(
        having("other").map(
          ({ stack, owner }) => `in use by another checkout, left alone: ${stack}, from ${owner}`,
        ),
      ),
    ],
  };
}

function lockNotes({ locks }) {
  return locks
    .filter(({ is }) => is !== "stale")
    .map(({ stack, pid, host, is }) =>
      is === "live"
        ? `pulumi is running (process ${pid}, stack ${stack}): what it is making is not looked at`
        : `pulumi may be running on ${host} (process ${pid}, stack ${stack}): what it is making is not looked at; ` +
          `if it is not, run: pulumi cancel -s ${stack}`,
    );
}

/** Locks of stacks whose `pulumi` is no more: the next one would refuse to work. @returns {Leftover[]} */
function staleLocks({ locks }, { pulumi, env }) {
  return locks
    .filter(({ is }) => is === "stale")
    .map(({ stack, pid }) => ({
      what: `the lock of stack ${stack}, whose pulumi (process ${pid}) is no more`,
      remove: () => run(pulumi, ["cancel", "--yes", "--stack", stack], { env, cwd: project }),
    }));
}

/** What a set-up that was cut off has left half-made. @returns {Leftover[]} */
function halfMade() {
  const scratch = path.dirname(BASE_SCRATCH);
  return [
    ...abandonedBelow(cache),
    ...abandonedBelow(home),
    ...abandonedBelow(scratch, undefined, 1).filter((name) => name.startsWith(BASE_SCRATCH)),
  ].map((name) => ({ what: `half-made files in ${name}`, remove: () => removeTree(name) }));
}
