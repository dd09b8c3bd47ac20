import { z } from "zod";
import { ask } from "../http.ts";
import { reason } from "../problem.ts";

const ASK_TIMEOUT_MS = 5_000;
/** Kafka's number of a broker that serves. */
const RUNNING = 3;
/** What a member of a quorum that works is; others still look for a leader. */
const IN_QUORUM: Figure[] = ["leader", "follower", "observer"];

/** A process of the cluster whose metrics the Jolokia agent gives. */
export const memberSchema = z.strictObject({
  name: z.string(),
  jolokiaUrl: z.url(),
  roles: z.array(z.enum(["broker", "controller"])).min(1),
});
export type Member = z.output<typeof memberSchema>;

/** One look at a cluster. */
export interface ClusterHealth {
  /** What is amiss, as a phrase; undefined where nothing is. */
  amiss: string | undefined;
  /** Of all topics, the internal ones too. */
  partitions: number;
}

export interface Reading {
  mbean: string;
  attribute: string;
}
/** What is not there (yet) is undefined. */
export type Figure = number | string | undefined;
/** The value of each reading. */
export type AskMetrics = (url: string, readings: Reading[]) => Promise<Figure[]>;

const gauge = (mbean: string): Reading => ({ mbean, attribute: "Value" });
const BROKER = {
  state: gauge("kafka.server:type=KafkaServer,name=BrokerState"),
  underReplicated: gauge("kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions"),
};
const CONTROLLER = {
  active: gauge("kafka.controller:type=KafkaController,name=ActiveControllerCount"),
  brokers: gauge("kafka.controller:type=KafkaController,name=ActiveBrokerCount"),
  offline: gauge("kafka.controller:type=KafkaController,name=OfflinePartitionsCount"),
  partitions: gauge("kafka.controller:type=KafkaController,name=GlobalPartitionCount"),
};
const RAFT_STATE: Reading = { mbean: "kafka.server:type=raft-metrics", attribute: "current-state" };

/** Asks every member's metrics. That needs no login, so it also goes while passwords or certificates change. */
export async function inspectAll(members: Member[], ask = askJolokia): Promise<ClusterHealth> {
  const brokerCount = members.filter(isBroker).length;
  const looks = members.flatMap((member) => [
    ...(isBroker(member) ? [named(member, inspectBroker(member, ask))] : []),
    ...(isController(member) ? [named(member, inspectController(member, brokerCount, ask))] : []),
  ]);
  const done = await Promise.all(looks);
  const found = new Set(done.map(({ amiss }) => amiss).filter((amiss) => amiss !== undefined));
  if (found.size === 0 && !done.some(({ active }) => active)) found.add("no controller leads");
  return {
    amiss: found.size > 0 ? [...found].join("; ") : undefined,
    partitions: Math.max(0, ...done.map(({ partitions }) => partitions)),
  };
}

/** Whether one member serves, whatever the others do. @returns what is amiss; undefined where nothing is */
export async function inspectOne(member: Member, ask = askJolokia): Promise<string | undefined> {
  const look = async (): Promise<MemberHealth> => {
    const [state, raft] = await ask(member.jolokiaUrl, [BROKER.state, RAFT_STATE]);
    if (isBroker(member) && state !== RUNNING) return NOT_SERVING;
    const seeks = isController(member) && !IN_QUORUM.includes(raft);
    return { amiss: seeks ? "it is in no quorum yet" : undefined, partitions: 0 };
  };
  return (await named(member, look())).amiss;
}

/** Whether a member was there before anything was done: a broker must serve, a controller alone must answer. */
export async function isThere(member: Member, ask = askJolokia): Promise<boolean> {
  try {
    const [state] = await ask(member.jolokiaUrl, [BROKER.state]);
    return !isBroker(member) || state === RUNNING;
  } catch {
    return false;
  }
}

const isBroker = ({ roles }: Member) => roles.includes("broker");
export const isController = ({ roles }: Member) => roles.includes("controller");

type MemberHealth = ClusterHealth & { active?: boolean };
const NOT_SERVING: MemberHealth = { amiss: "it does not serve yet", partitions: 0 };

async function named({ name }: Member, look: Promise<MemberHealth>): Promise<MemberHealth> {
  try {
    const { amiss, ...rest } = await look;
    return { ...rest, amiss: amiss === undefined ? undefined : `${name}: ${amiss}` };
  } catch (error) {
    return { amiss: `${name}: ${reason(error)}`, partitions: 0 };
  }
}

async function inspectBroker({ jolokiaUrl }: Member, ask: AskMetrics): Promise<MemberHealth> {
  const [state, underReplicated] = await ask(jolokiaUrl, [BROKER.state, BROKER.underReplicated]);
  if (state !== RUNNING) return NOT_SERVING;
  const behind = Number(underReplicated ?? 0);
  return { amiss: behind > 0 ? `${behind} partitions are under-replicated` : undefined, partitions: 0 };
}

async function inspectController(
  { jolokiaUrl }: Member,
  expected: number,
  ask: AskMetrics,
): Promise<MemberHealth> {
  const [active, ...figures] = await ask(jolokiaUrl, Object.values(CONTROLLER));
  const [brokers = 0, offline = 0, partitions = 0] = figures.map((figure) => Number(figure ?? 0));
  if (active === undefined) return { amiss: "its controller does not run yet", partitions: 0 };
  if (active === 0) return { amiss: undefined, partitions: 0, active: false };
  const phrases = [
    ...(brokers < expected ? [`${brokers} of ${expected} brokers are in the cluster`] : []),
    ...(offline > 0 ? [`${offline} of ${partitions} partitions have no leader`] : []),
  ];
  return { amiss: phrases.length > 0 ? phrases.join(", ") : undefined, partitions, active: true };
}

const answerSchema = z.array(z.object({ status: z.number(), value: z.unknown() }));

export const askJolokia: AskMetrics = async (url, readings) => {
  const json = readings.map(({ mbean, attribute }) => ({ type: "read", mbean, attribute }));
  const { pathname } = new URL(url);
  const answers = await ask(answerSchema, url, pathname, {
    method: "POST",
    json,
    timeoutMs: ASK_TIMEOUT_MS,
  });
  return answers.map(({ status, value }) =>
    status === 200 && (typeof value === "number" || typeof value === "string") ? value : undefined,
  );
};
