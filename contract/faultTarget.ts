// The target of a fault: one broker, all brokers, the broker with a role at the fault's moment, or a consumer.
import { z } from "zod";

/** The target of a fault, parsed. Partitions are those of a step's topic, numbered from 0. */
export type FaultTarget =
  /** `broker 2`: the second broker of the stack. */
  | { kind: "broker"; number: number }
  /** `all brokers` */
  | { kind: "all" }
  /** `leader of partition 3` */
  | { kind: "leader"; partition: number }
  /** `follower of partition 3`: the first replica that is not the leader. */
  | { kind: "follower"; partition: number }
  /** `controller`: the active controller. */
  | { kind: "controller" }
  /** `consumer 2`: the second consumer of each group. */
  | { kind: "consumer"; number: number };

/** With more brokers, dedicated controllers are added (config/kafka/topology.ts). */
const MOST_COMBINED = 3;

/** The forms of a target, for documentation and errors. */
export const TARGET_FORMS =
  "broker N, all brokers, leader of partition N, follower of partition N, controller or consumer N";

/** Parses a target such as `leader of partition 0`; undefined if it has no such form. */
export function parseFaultTarget(text: string): FaultTarget | undefined {
  const words = text.trim().toLowerCase().replaceAll(/\s+/g, " ");
  if (words === "all brokers") return { kind: "all" };
  if (words === "controller") return { kind: "controller" };
  const [, one, number] = /^(broker|consumer) (\d{1,5})$/.exec(words) ?? [];
  if ((one === "broker" || one === "consumer") && Number(number) > 0)
    return { kind: one, number: Number(number) };
  const [, role, partition] = /^(leader|follower) of partition (\d{1,6})$/.exec(words) ?? [];
  if (role === "leader" || role === "follower") return { kind: role, partition: Number(partition) };
  return undefined;
}

/** The text of a target, which {@link parseFaultTarget} reads. */
export function targetText(target: FaultTarget): string {
  switch (target.kind) {
    case "broker":
    case "consumer":
      return `${target.kind} ${target.number}`;
    case "all":
      return "all brokers";
    case "controller":
      return "controller";
    default:
      return `${target.kind} of partition ${target.partition}`;
  }
}

/** Schema of a target. Its parsed form is the text with single spaces and in lower case. */
export const faultTarget = z.string(`expected ${TARGET_FORMS}`).transform((text, context) => {
  const target = parseFaultTarget(text);
  if (target) return targetText(target);
  context.addIssue(`expected ${TARGET_FORMS}, got "${text}"`);
  return z.NEVER;
});

/** Schema of one broker by its number. Its parsed form is the text with single spaces and in lower case. */
export const brokerTarget = z.string().transform((text, context) => {
  const target = parseFaultTarget(text);
  if (target?.kind === "broker") return targetText(target);
  context.addIssue(`expected a broker such as broker 2, got "${text}"`);
  return z.NEVER;
});

/** Whether two targets can be the same broker or consumer at some moment. */
export function mayCoincide(a: FaultTarget, b: FaultTarget): boolean {
  if ((a.kind === "consumer") !== (b.kind === "consumer")) return false;
  return !("number" in a && "number" in b) || a.number === b.number;
}

/** Why a target cannot exist, and what to change; undefined if it can. */
export function targetError(
  target: FaultTarget,
  stack: { brokers: number; partitions: number; replicas: number; consumers: number },
): string | undefined {
  const { brokers, partitions, replicas, consumers } = stack;
  if (target.kind === "broker" && target.number > brokers) {
    return `there is no broker ${target.number}, because kafka.brokers is ${brokers}; name a broker from 1 to ${brokers}, or raise kafka.brokers`;
  }
  if (target.kind === "consumer" && target.number > consumers) {
    return `there is no consumer ${target.number}, because a group has ${consumers}; name a smaller one, or raise workload.consumers`;
  }
  if ("partition" in target && target.partition >= partitions) {
    return `there is no partition ${target.partition}, because the topic has ${partitions}, numbered from 0; name a smaller one, or raise workload.partitions`;
  }
  if (target.kind === "controller" && brokers > MOST_COMBINED) {
    return `with more than ${MOST_COMBINED} brokers the controllers are processes of their own, which faults do not hit; lower kafka.brokers, or name a broker`;
  }
  if (target.kind === "follower" && replicas < 2) {
    return "a partition with one replica has no follower; set workload.replicationFactor to 2 or more, or name the leader";
  }
  return undefined;
}
