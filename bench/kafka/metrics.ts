import { z } from "zod";
import { ask } from "../http.ts";
import { reason } from "../reason.ts";

const TIMEOUT_MS = 5_000;
/** The value of Kafka's BrokerState for a broker that serves requests. */
const RUNNING = 3;
/** States of a working member of the quorum. In other states, it is still looking for a leader. */
const IN_QUORUM: Metric[] = ["leader", "follower", "observer"];

/** A process of the cluster with a Jolokia agent that serves its metrics. */
export const memberSchema = z.strictObject({
  name: z.string(),
  jolokiaUrl: z.url(),
  roles: z.array(z.enum(["broker", "controller"])).min(1),
});
/** A process of the cluster: broker, controller or both. */
export type Member = z.output<typeof memberSchema>;

/** The result of inspecting a cluster. */
export interface ClusterHealth {
  /** What is wrong, as a phrase; undefined if the cluster is healthy. */
  issue: string | undefined;
  /** Number of partitions of all topics, internal ones included. */
  partitions: number;
}

/** A metric to read by JMX: an MBean and its attribute. */
export interface Reading {
  mbean: string;
  attribute: string;
}
/** A metric's value; undefined if it does not exist (yet). */
type Metric = number | string | undefined;
/** Reads metrics, one value for each reading. */
export type AskMetrics = (url: string, readings: Reading[]) => Promise<Metric[]>;

const gauge = (mbean: string): Reading => ({ mbean, attribute: "Value" });
const BROKER = {
  state: gauge("kafka.server:type=KafkaServer,name=BrokerState"),
  underReplicated: gauge("kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions"),
};
/** Metrics of a controller; a broker without one lacks them. */
export const CONTROLLER = {
  active: gauge("kafka.controller:type=KafkaController,name=ActiveControllerCount"),
  brokers: gauge("kafka.controller:type=KafkaController,name=ActiveBrokerCount"),
  offline: gauge("kafka.controller:type=KafkaController,name=OfflinePartitionsCount"),
  partitions: gauge("kafka.controller:type=KafkaController,name=GlobalPartitionCount"),
};
const RAFT_STATE: Reading = { mbean: "kafka.server:type=raft-metrics", attribute: "current-state" };

/** Inspects the whole cluster by its metrics. Needs no login, so it also works while passwords or certificates change. */
export async function inspectAll(members: Member[], ask = askJolokia): Promise<ClusterHealth> {
  const brokers = members.filter(isBroker);
  const controllers = members.filter(isController);
  const results = await Promise.all([
    ...brokers.map((member) => named(member, inspectBroker(member, ask))),
    ...controllers.map((member) => named(member, inspectController(member, brokers.length, ask))),
  ]);
  const byMember = members.flatMap(({ name }) => results.filter((result) => result.name === name));
  const issues = new Set(byMember.map(({ issue }) => issue).filter((issue) => issue !== undefined));
  if (issues.size === 0 && !results.some(({ active }) => active)) issues.add("no controller is active");
  return {
    issue: issues.size > 0 ? [...issues].join("; ") : undefined,
    partitions: Math.max(0, ...results.map(({ partitions }) => partitions)),
  };
}

/** Inspects one member, independently of the others. @returns its issue; undefined if it is healthy */
export async function inspectOne(member: Member, ask = askJolokia): Promise<string | undefined> {
  const inspect = async (): Promise<MemberHealth> => {
    const [state, raft] = await ask(member.jolokiaUrl, [BROKER.state, RAFT_STATE]);
    if (isBroker(member) && state !== RUNNING) return NOT_SERVING;
    const outside = isController(member) && !IN_QUORUM.includes(raft);
    return { issue: outside ? "it has not joined the quorum yet" : undefined, partitions: 0 };
  };
  return (await named(member, inspect())).issue;
}

/** Whether a member is up: a broker must serve; for a member that is only a controller, an answer is enough. */
export async function isServing(member: Member, ask = askJolokia): Promise<boolean> {
  try {
    const [state] = await ask(member.jolokiaUrl, [BROKER.state]);
    return !isBroker(member) || state === RUNNING;
  } catch {
    return false;
  }
}

const isBroker = ({ roles }: Member) => roles.includes("broker");
/** Whether a member is a controller, and so a voter of the quorum. */
export const isController = ({ roles }: Member) => roles.includes("controller");

type MemberHealth = ClusterHealth & { active?: boolean };
const NOT_SERVING: MemberHealth = { issue: "it does not serve yet", partitions: 0 };

async function named(
  { name }: Member,
  inspection: Promise<MemberHealth>,
): Promise<MemberHealth & { name: string }> {
  try {
    const { issue, ...rest } = await inspection;
    return { ...rest, name, issue: issue === undefined ? undefined : `${name}: ${issue}` };
  } catch (error) {
    return { name, issue: `${name}: ${reason(error)}`, partitions: 0 };
  }
}

async function inspectBroker({ jolokiaUrl }: Member, ask: AskMetrics): Promise<MemberHealth> {
  const [state, underReplicated] = await ask(jolokiaUrl, [BROKER.state, BROKER.underReplicated]);
  if (state !== RUNNING) return NOT_SERVING;
  const behind = Number(underReplicated ?? 0);
  return { issue: behind > 0 ? `${behind} partitions are under-replicated` : undefined, partitions: 0 };
}

async function inspectController(
  { jolokiaUrl }: Member,
  expected: number,
  ask: AskMetrics,
): Promise<MemberHealth> {
  const [active, ...metrics] = await ask(jolokiaUrl, Object.values(CONTROLLER));
  const [brokers = 0, offline = 0, partitions = 0] = metrics.map((metric) => Number(metric ?? 0));
  if (active === undefined) return { issue: "its controller does not run yet", partitions: 0 };
  if (active === 0) return { issue: undefined, partitions: 0, active: false };
  const issues: string[] = [];
  if (brokers < expected) issues.push(`${brokers} of ${expected} brokers are in the cluster`);
  if (offline > 0) issues.push(`${offline} of ${partitions} partitions have no leader`);
  return { issue: issues.length > 0 ? issues.join(", ") : undefined, partitions, active: true };
}

const answerSchema = z.array(z.object({ status: z.number(), value: z.unknown() }));

/**
 * Reads attributes over HTTP from a Jolokia agent, all by one bulk request of the Jolokia protocol.
 *
 * @param reads an MBean, or a pattern of MBeans, and its attribute or attributes
 * @returns for each read its value in Jolokia's form: an object for several attributes, an object by MBean for a pattern;
 *   undefined if it does not exist
 * @throws Error if the agent does not answer within 5 s
 */
export async function readJolokia(
  url: string,
  reads: readonly { mbean: string; attribute: string | readonly string[] }[],
): Promise<unknown[]> {
  const json = reads.map(({ mbean, attribute }) => ({ type: "read", mbean, attribute }));
  const { pathname } = new URL(url);
  const answers = await ask(answerSchema, url, pathname, { method: "POST", json, timeoutMs: TIMEOUT_MS });
  return answers.map(({ status, value }) => (status === 200 ? value : undefined));
}

/**
 * Reads metrics over HTTP from a Jolokia agent.
 *
 * @throws Error if the agent does not answer within 5 s
 */
export const askJolokia: AskMetrics = async (url, readings) => {
  const values = await readJolokia(url, readings);
  return values.map((value) => (typeof value === "number" || typeof value === "string" ? value : undefined));
};
