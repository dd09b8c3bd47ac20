// Begins the announcements of a step's faults when its measured time is set.
import { hasFaults, plannedFaults } from "../../contract/faultPlan.ts";
import { topicCount, topicNames } from "../../contract/topics.ts";
import { clusterRoles } from "../kafka/roles.ts";
import type { StepListener } from "./agentReports.ts";
import { instant } from "./events.ts";
import { announceFaults } from "./faultWatch.ts";
import type { StepOrder } from "./stepOrder.ts";

/** The measured time of a step, and its topic. */
interface Measuring {
  /** s since 1970, by the runner's clock. */
  fromSec: number;
  toSec: number;
  nowSec(): number;
  /** Name of the topic, or start of the names of several, and the partitions of each. */
  topic: { name: string; partitions: number };
}

/** Announces the faults of a step's measured time, if it has any. @returns ends the announcements */
export function beginFaults(
  { number, phase, benchmark, target, workload }: StepOrder,
  { fromSec, toSec, nowSec, topic }: Measuring,
  listener: StepListener,
  signal: AbortSignal,
): () => void {
  if (!hasFaults(phase, benchmark) || !listener.event) return () => {};
  const emit = listener.event.bind(listener);
  emit({ event: "measured-time", at: instant(), step: number, fromSec, toSec });
  const ending = new AbortController();
  void announceFaults({
    step: number,
    planned: plannedFaults(benchmark),
    fromSec,
    nowSec,
    emit,
    signal: AbortSignal.any([ending.signal, signal]),
    brokers: target.brokerMetrics.map(({ name }, index) => ({
      name,
      id: target.kafka.brokers[index]?.id ?? -1,
    })),
    roles: clusterRoles(target.kafka, target.brokerMetrics),
    topics: { names: topicNames(topic.name, topicCount(workload)), partitions: topic.partitions },
  });
  return () => ending.abort();
}
