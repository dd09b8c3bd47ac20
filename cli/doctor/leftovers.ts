import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { BASE_SCRATCH, cache, defaultHome, home, project, stateDirectory } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { abandonedBelow, removeTree } from "../setup/partial.ts";
import {
  damagedAttributes,
  readLocks,
  readStates,
  type StateBackup,
  usableBackups,
} from "../setup/pulumiState.ts";
import {
  checkout,
  type DockerObject,
  isOf,
  labelledObjects,
  removeObject,
  thisOwner,
  verdict,
} from "./dockerLeftovers.ts";
import { faultsLeft } from "./leftFaults.ts";
import type { Leftover } from "./leftover.ts";
import { reservations, stacksToInspect } from "./reservations.ts";
import { strayProcesses } from "./strayProcesses.ts";

/** The result of {@link findLeftovers}. */
export interface Leftovers {
  /** Leftovers of this checkout. */
  own: Leftover[];
  /** Leftovers of checkouts whose folder is gone. */
  gone: Leftover[];
  /** What is not removed, and why. */
  notes: string[];
  /** Files of Pulumi's state that cannot be read. */
  damaged: string[];
  /** The backups that can replace damaged states; none while pulumi may be running. */
  backups: StateBackup[];
}

/** The CLI that setup installed, and its environment. */
export interface PulumiCli {
  pulumi: string;
  env: Record<string, string>;
}

type Locks = ReturnType<typeof readLocks>;

/**
 * Finds what crashes left over.
 *
 * @param engineHost undefined if no engine answers
 * @param cli undefined if nothing is set up
 * @param named scenarios whose reservations are checked although their stacks are not up
 */
export async function findLeftovers(
  engineHost: string | undefined,
  cli: PulumiCli | undefined,
  named: readonly string[] = [],
): Promise<Leftovers> {
  // Objects first: what a running pulumi creates afterwards is then not listed, and earlier objects are in a state or locked.
  const objects = engineHost ? await labelledObjects(engineHost) : [];
  const locks = readLocks(stateDirectory);
  const states = readStates(stateDirectory);
  const damaged = [...locks.damaged, ...states.damaged];
  // What a running pulumi has just created is not in its state yet.
  const pulumiRuns = locks.locks.some(({ state }) => state !== "stale");
  // The label names the checkout, whose stacks are in its default home; a state in another home does not list them.
  const complete = damaged.length === 0 && home === defaultHome && existsSync(stateDirectory);
  const stateIsWhole = damaged.length === 0 && !pulumiRuns;
  const docker = sortObjects(objects, { ids: states.ids, complete, pulumiRuns }, engineHost);
  const reserved = await reservations(
    { types: states.types, complete: stateIsWhole },
    stacksToInspect(states.types, named),
  );
  const faults = await faultsLeft((stack) => {
    if ((states.types.get(stack)?.size ?? 0) > 0) return true;
    return stateIsWhole ? false : undefined;
  });
  return {
    // Processes and containers first, because what they use cannot be removed before them.
    own: [
      ...faults.own,
      ...(await strayProcesses()),
      ...docker.own,
      ...reserved.own,
      // Before the locks: pulumi cancel cannot read the state while they are there.
      ...(pulumiRuns ? [] : unreadableAttributes()),
      ...(cli ? staleLocks(locks, cli) : []),
      ...incompleteFiles(),
    ],
    gone: docker.gone,
    notes: [...lockNotes(locks), ...faults.notes, ...docker.notes, ...reserved.notes],
    damaged,
    backups: pulumiRuns ? [] : usableBackups(states.damaged),
  };
}

/** Sorts an engine's objects by the checkout that they belong to, and by whether they are still in use. */
export function sortObjects(
  objects: readonly DockerObject[],
  record: { ids: ReadonlySet<string>; complete: boolean; pulumiRuns: boolean },
  engineHost = "",
  presence = checkout,
  thisCheckout = thisOwner,
): Pick<Leftovers, "own" | "gone" | "notes"> {
  const sorted = objects
    .filter(({ owner }) => !(record.pulumiRuns && isOf(thisCheckout, owner)))
    .map((object) => ({ object, verdict: verdict(object, record, presence, thisCheckout) }));
  const withVerdict = (wanted: string) =>
    sorted.filter((each) => each.verdict === wanted).map(({ object }) => object);
  const leftover = (object: DockerObject, why: string): Leftover => ({
    what: `${object.kind} ${object.name} of ${object.stack}: ${why}`,
    remove: () => removeObject(engineHost, object),
  });
  return {
    own: withVerdict("leftover").map((object) => leftover(object, "it is in no stack of this checkout")),
    gone: withVerdict("gone").map((object) => leftover(object, `its checkout ${object.owner} is gone`)),
    notes: [
      ...withVerdict("unknown").map(
        ({ kind, name, stack, owner }) =>
          `may be in use, not removed: ${kind} ${name} of ${stack}, from ${owner || "an unknown checkout"}`,
      ),
      ...new Set(
        withVerdict("other").map(
          ({ stack, owner }) => `in use by another checkout, not removed: ${stack}, from ${owner}`,
        ),
      ),
    ],
  };
}

function lockNotes({ locks }: Locks): string[] {
  return locks
    .filter(({ state }) => state !== "stale")
    .map(({ stack, pid, host, state }) =>
      state === "live"
        ? `pulumi is running (process ${pid}, stack ${stack}): what it creates is not checked`
        : `pulumi may be running on ${host} (process ${pid}, stack ${stack}): what it creates is not checked; ` +
          `if it is not running, run: pulumi cancel -s ${stack}`,
    );
}

/** Locks left by a `pulumi` that has ended; the next `pulumi` would refuse to run. */
function staleLocks({ locks }: Locks, { pulumi, env }: PulumiCli): Leftover[] {
  return locks
    .filter(({ state }) => state === "stale")
    .map(({ stack, pid }) => ({
      what: `the lock of stack ${stack}: its pulumi (process ${pid}) has ended`,
      remove: () => run(pulumi, ["cancel", "--yes", "--stack", stack], { env, cwd: project }),
    }));
}

function unreadableAttributes(): Leftover[] {
  return damagedAttributes(stateDirectory).map((file) => ({
    what: `${file}: a killed pulumi left it incomplete, and no pulumi command can read its state`,
    remove: () => rm(file, { force: true }),
  }));
}

/** Incomplete files that an interrupted setup left over. */
function incompleteFiles(): Leftover[] {
  const scratch = path.dirname(BASE_SCRATCH);
  return [
    ...abandonedBelow(cache),
    ...abandonedBelow(home),
    ...abandonedBelow(scratch, undefined, 1).filter((name) => name.startsWith(BASE_SCRATCH)),
  ].map((name) => ({ what: `incomplete files in ${name}`, remove: () => removeTree(name) }));
}
