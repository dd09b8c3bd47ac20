import { isEnding, type Job } from "./job.ts";
import { slotName, slotOf } from "./names.ts";

/** A job of a stack that exists or will be submitted. */
export interface Slot {
  slot: number;
  name: string;
  /** The job's nodes; the stack may use fewer. */
  nodes: number;
  /** The id of the job if it exists. */
  job?: number;
}

/** Which jobs a stack keeps, adds and releases. */
export interface SlotPlan {
  /** In the order of the nodes: node1 is in the first slot. */
  slots: Slot[];
  /** Ids of the jobs that have none of the wanted nodes. */
  release: number[];
  /** Number of nodes that are reserved and not used: OAR cannot shrink a job. */
  idle: number;
}

/**
 * Plans which jobs a stack keeps, adds and releases for a number of nodes. Scaling out adds one job. Scaling in releases the
 * last jobs that have none of the remaining nodes. Kept jobs are not changed, and a slot whose job is gone is filled again.
 *
 * @param jobs this user's jobs; those that have ended, are ending or belong to other stacks are ignored
 */
export function planSlots(base: string, jobs: readonly Job[], wantedNodes: number): SlotPlan {
  const living = jobs
    .filter((job) => !isEnding(job))
    .map((job) => ({ slot: slotOf(base, job.name), job }))
    .filter((each): each is { slot: number; job: Job } => each.slot !== undefined)
    .sort((a, b) => a.slot - b.slot || a.job.id - b.job.id);
  const slots: Slot[] = [];
  const release: number[] = [];
  let have = 0;
  for (const { slot, job } of living) {
    if (have >= wantedNodes && !slots.some((each) => each.slot === slot)) release.push(job.id);
    // If a slot has two jobs, reserving it fails and asks the user which one to keep.
    else if (!slots.some((each) => each.slot === slot)) {
      const nodes = nodesOf(job) ?? wantedNodes - have;
      slots.push({ slot, name: job.name, nodes, job: job.id });
      have += nodes;
    }
  }
  if (have < wantedNodes) {
    const slot = firstFree(slots.map((each) => each.slot));
    slots.push({ slot, name: slotName(base, slot), nodes: wantedNodes - have });
    slots.sort((a, b) => a.slot - b.slot);
  }
  return { slots, release, idle: Math.max(0, have - wantedNodes) };
}

function nodesOf({ nodes, addresses }: Job): number | undefined {
  return nodes ?? (addresses.length > 0 ? addresses.length : undefined);
}

function firstFree(taken: readonly number[]): number {
  let slot = 1;
  while (taken.includes(slot)) slot += 1;
  return slot;
}
