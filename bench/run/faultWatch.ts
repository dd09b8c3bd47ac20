// Announces the faults of a step, shortly before each is due, with what it hits. The command that follows the run executes those of
// brokers, because only the operator's machine reaches the nodes.
import { setTimeout as sleep } from "node:timers/promises";
import { type PlannedFault, targetOf } from "../../contract/faultPlan.ts";
import type { FaultTarget } from "../../contract/faultTarget.ts";
import type { FaultDue } from "../../contract/result.ts";
import { within } from "../clock.ts";
import type { RoleSource } from "../kafka/roles.ts";
import { reason } from "../reason.ts";
import { type EventSink, instant } from "./events.ts";

/** Time from the announcement to the fault: for the way to the operator's machine and to the node. */
export const FAULT_LEAD_SEC = 3;
/** Longest look-up of a role. Without an answer the fault is not executed. */
const LOOK_UP_MS = 2_500;

/** What the announcement of a step's faults needs. */
export interface FaultScope {
  step: number;
  planned: readonly PlannedFault[];
  /** Start of the measured time, s since 1970. */
  fromSec: number;
  /** Seconds since 1970, by the runner's clock. */
  nowSec(): number;
  emit: EventSink;
  /** Called with each announced fault. */
  announced?(due: FaultDue): void;
  /** Ends the announcements. */
  signal: AbortSignal;
  brokers: readonly { name: string; id: number }[];
  roles: RoleSource;
  /** A step's topics, and the partitions of each. */
  topics: { names: readonly string[]; partitions: number };
}

/** Announces every fault of a step at its time, and returns after the last one, or when the signal aborts. Never throws. */
export async function announceFaults(scope: FaultScope): Promise<void> {
  await Promise.all(scope.planned.map((fault) => announce(scope, fault).catch(() => {}))); // aborted
}

async function announce(scope: FaultScope, planned: PlannedFault): Promise<void> {
  const { step, fromSec, nowSec, emit, signal } = scope;
  const dueSec = fromSec + planned.atSec;
  const lookUpSec = dueSec - FAULT_LEAD_SEC - LOOK_UP_MS / 1_000;
  await sleep(Math.max(0, (lookUpSec - nowSec()) * 1_000), undefined, { signal });
  const looked = await within(LOOK_UP_MS, "the look-up of the target", brokersHit(scope, targetOf(planned)))
    .then((hit) => ({ hit, error: null }))
    .catch((error) => ({ hit: [], error: `its target is not known: ${reason(error)}` }));
  signal.throwIfAborted();
  const { number, fault, target, atSec, durationSec, options } = planned;
  const event: FaultDue = {
    event: "fault-due",
    at: instant(),
    step,
    number,
    fault,
    target,
    hit: looked.hit,
    plannedAtSec: atSec,
    plannedSec: durationSec,
    options,
    dueMs: Math.round(dueSec * 1_000),
    error: looked.error,
  };
  emit(event);
  scope.announced?.(event);
}

/** Names of the brokers, or of the consumer, that a target means now. @throws Error if no broker has the role, or nobody says which */
export async function brokersHit(
  { brokers, roles, topics }: Pick<FaultScope, "brokers" | "roles" | "topics">,
  target: FaultTarget,
): Promise<string[]> {
  switch (target.kind) {
    case "all":
      return brokers.map(({ name }) => name);
    case "broker": {
      const broker = brokers[target.number - 1];
      if (!broker) throw new Error(`there is no broker ${target.number}`);
      return [broker.name];
    }
    case "controller": {
      const name = await roles.controller();
      if (name === undefined) throw new Error("no broker is the active controller");
      return [name];
    }
    case "consumer":
      return [`consumer-${target.number}`];
    default: {
      const topic = topics.names[Math.floor(target.partition / topics.partitions)];
      if (topic === undefined) throw new Error(`there is no partition ${target.partition}`);
      const { leader, replicas } = await roles.partition(topic, target.partition % topics.partitions);
      const id = target.kind === "leader" ? leader : replicas.find((each) => each !== leader);
      const broker = brokers.find((each) => each.id === id);
      if (!broker) throw new Error(`partition ${target.partition} has no ${target.kind}`);
      return [broker.name];
    }
  }
}
