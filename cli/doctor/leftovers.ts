import { existsSync } from "node:fs";
import path from "node:path";
import { BASE_SCRATCH, cache, defaultHome, home, project, stateDirectory } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { abandonedBelow, removeTree } from "../setup/partial.ts";
import { readLocks, readStates } from "../setup/pulumiState.ts";
import { checkout, type DockerObject, labelledObjects, removeObject, verdict } from "./dockerLeftovers.ts";
import type { Leftover } from "./leftover.ts";
import { reservations, stacksToInspect } from "./reservations.ts";
import { strayProcesses } from "./strayProcesses.ts";

export interface Found {
  /** Of this checkout. */
  mine: Leftover[];
  /** Of checkouts whose folder is gone. */
  gone: Leftover[];
  /** What is left alone, and why. */
  notes: string[];
  /** Files of Pulumi's state that cannot be read. */
  damaged: string[];
}

/** The CLI that setup installed, and its environment. */
export interface PulumiCli {
  pulumi: string;
  env: Record<string, string>;
}

type Locks = ReturnType<typeof readLocks>;

/**
 * What a crash has left.
 *
 * @param engineHost undefined where no engine answers
 * @param cli undefined where nothing is set up
 * @param named scenarios whose reservations are looked for although their stacks are not up
 */
export async function findLeftovers(
  engineHost: string | undefined,
  cli: PulumiCli | undefined,
  named: readonly string[] = [],
): Promise<Found> {
  // In this order: what pulumi makes meanwhile is not in the list, what it made before is in a state or under a lock.
  const objects = engineHost ? await labelledObjects(engineHost) : [];
  const locks = readLocks(stateDirectory);
  const states = readStates(stateDirectory);
  const damaged = [...locks.damaged, ...states.damaged];
  // What a running pulumi has just made is not in its state yet.
  const growing = locks.locks.some(({ is }) => is !== "stale");
  // The label names the checkout, whose stacks are in its own home; another home does not know them.
  const complete = damaged.length === 0 && home === defaultHome && existsSync(stateDirectory);
  const docker = sortObjects(objects, { ids: states.ids, complete, growing }, engineHost);
  const reserved = await reservations(
    { types: states.types, complete: damaged.length === 0 && !growing },
    stacksToInspect(states.types, named),
  );
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

/** Sorts an engine's objects by the checkout that they are of, and by whether they are still wanted. */
export function sortObjects(
  objects: readonly DockerObject[],
  known: { ids: ReadonlySet<string>; complete: boolean; growing: boolean },
  engineHost = "",
  presence = checkout,
  thisCheckout = project,
): Omit<Found, "damaged"> {
  const judged = objects
    .filter(({ owner }) => !(known.growing && owner === thisCheckout))
    .map((object) => ({ object, is: verdict(object, known, presence, thisCheckout) }));
  const having = (wanted: string) => judged.filter(({ is }) => is === wanted).map(({ object }) => object);
  const leftover = (object: DockerObject, why: string): Leftover => ({
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

function lockNotes({ locks }: Locks): string[] {
  return locks
    .filter(({ is }) => is !== "stale")
    .map(({ stack, pid, host, is }) =>
      is === "live"
        ? `pulumi is running (process ${pid}, stack ${stack}): what it is making is not looked at`
        : `pulumi may be running on ${host} (process ${pid}, stack ${stack}): what it is making is not looked at; ` +
          `if it is not, run: pulumi cancel -s ${stack}`,
    );
}

/** Locks of stacks whose `pulumi` is gone: the next one would refuse to work. */
function staleLocks({ locks }: Locks, { pulumi, env }: PulumiCli): Leftover[] {
  return locks
    .filter(({ is }) => is === "stale")
    .map(({ stack, pid }) => ({
      what: `the lock of stack ${stack}, whose pulumi (process ${pid}) is no more`,
      remove: () => run(pulumi, ["cancel", "--yes", "--stack", stack], { env, cwd: project }),
    }));
}

/** What a set-up that was cut off has left half-made. */
function halfMade(): Leftover[] {
  const scratch = path.dirname(BASE_SCRATCH);
  return [
    ...abandonedBelow(cache),
    ...abandonedBelow(home),
    ...abandonedBelow(scratch, undefined, 1).filter((name) => name.startsWith(BASE_SCRATCH)),
  ].map((name) => ({ what: `half-made files in ${name}`, remove: () => removeTree(name) }));
}
