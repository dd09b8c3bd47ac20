import { z } from "zod";
import { reason } from "../problem";
import { type Look, together } from "./look";

const ASK_TIMEOUT_MS = 5_000;
/** Kafka's number of a broker that serves. */
const RUNNING = 3;

/** A process of the cluster whose metrics the Jolokia agent gives. */
export const memberSchema = z.strictObject({
  name: z.string(),
  jolokiaUrl: z.url(),
  roles: z.array(z.enum(["broker", "controller"])).min(1),
});
export type Member = z.output<typeof memberSchema>;

/** The value of each MBean, by its name; what is not there (yet) is undefined. */
export type AskMetrics = (url: string, mbeans: string[]) => Promise<(number | undefined)[]>;

const BROKER = {
  state: "kafka.server:type=KafkaServer,name=BrokerState",
  underReplicated: "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
};
const CONTROLLER = {
  active: "kafka.controller:type=KafkaController,name=ActiveControllerCount",
  brokers: "kafka.controller:type=KafkaController,name=ActiveBrokerCount",
  offline: "kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
  partitions: "kafka.controller:type=KafkaController,name=GlobalPartitionCount",
};

/** Asks every member's metrics. That needs no login, so it also goes while passwords or certificates change. */
export async function lookAtMetrics(members: Member[], ask: AskMetrics = askJolokia): Promise<Look> {
  const brokerCount = members.filter(({ roles }) => roles.includes("broker")).length;
  const looks = members.flatMap((member) => [
    ...(member.roles.includes("broker") ? [named(member, lookAtBroker(member, ask))] : []),
    ...(member.roles.includes("controller")
      ? [named(member, lookAtController(member, brokerCount, ask))]
      : []),
  ]);
  const done = await Promise.all(looks);
  const { amiss, partitions } = together(done);
  const led = done.some(({ active }) => active);
  return { amiss: amiss ?? (led ? undefined : "no controller leads"), partitions };
}

type MemberLook = Look & { active?: boolean };

async function named({ name }: Member, look: Promise<MemberLook>): Promise<MemberLook> {
  try {
    const { amiss, ...rest } = await look;
    return { ...rest, amiss: amiss === undefined ? undefined : `${name}: ${amiss}` };
  } catch (error) {
    return { amiss: `${name}: ${reason(error)}`, partitions: 0 };
  }
}

async function lookAtBroker({ jolokiaUrl }: Member, ask: AskMetrics): Promise<MemberLook> {
  const [state, behind = 0] = await ask(jolokiaUrl, [BROKER.state, BROKER.underReplicated]);
  if (state !== RUNNING) return { amiss: "it does not serve yet", partitions: 0 };
  return { amiss: behind > 0 ? `${behind} partitions are under-replicated` : undefined, partitions: 0 };
}

async function lookAtController(
  { jolokiaUrl }: Member,
  expected: number,
  ask: AskMetrics,
): Promise<MemberLook> {
  const [active, brokers = 0, offline = 0, partitions = 0] = await ask(jolokiaUrl, Object.values(CONTROLLER));
  if (active === undefined) return { amiss: "its controller does not run yet", partitions: 0 };
  if (active === 0) return { amiss: undefined, partitions: 0, active: false };
  const phrases = [
    ...(brokers < expected ? [`${brokers} of ${expected} brokers are in the cluster`] : []),
    ...(offline > 0 ? [`${offline} of ${partitions} partitions have no leader`] : []),
  ];
  return { amiss: phrases.length > 0 ? phrases.join(", ") : undefined, partitions, active: true };
}

const answerSchema = z.array(z.object({ status: z.number(), value: z.unknown() }));

const askJolokia: AskMetrics = async (url, mbeans) => {
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(mbeans.map((mbean) => ({ type: "read", mbean, attribute: "Value" }))),
    signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
  }).catch((error) => {
    throw error.cause ?? error; // fetch itself says no more than that it failed
  });
  const answers = answerSchema.parse(await response.json());
  return answers.map(({ status, value }) =>
    status === 200 && typeof value === "number" ? value : undefined,
  );
};
