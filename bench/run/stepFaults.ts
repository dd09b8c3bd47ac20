// Begins the faults of a step when its measured time is set.
import { hasFaults, plannedFaults, targetOf } from "../../contract/faultPlan.ts";
import { topicCount, topicNames } from "../../contract/topics.ts";
import { clusterRoles } from "../kafka/roles.ts";
import type { StepListener } from "./agentReports.ts";
import { replaceConsumer } from "./consumerFaults.ts";
import { instant } from "./events.ts";
import { announceFaults } from "./faultWatch.ts";
import type { StepOrder } from "./stepOrder.ts";
import type { Worker } from "./workers.ts";

/** The measured time of a step, and what it measures. */
interface Measuring {
  /** s since 1970, by the runner's clock. */
  fromSec: number;
  toSec: number;
  nowSec(): number;
  /** Name of the topic, or start of the names of several, and the partitions of each. */
  topic: { name: string; partitions: number };
  consumers: readonly Worker[];
}

/** The faults of a step under way. */
export interface StepFaults {
  /** No further fault begins. */
  end(): void;
  /** Resolves when new consumers have joined in place of those that ended; undefined: none has ended. Never rejects. */
  consumersBack(): Promise<unknown> | undefined;
}

/** Announces the faults of a step's measured time, if it has any, and executes those of consumers. */
export function beginFaults(
  { run, number, phase, benchmark, target, workload }: StepOrder,
  { fromSec, toSec, nowSec, topic, consumers }: Measuring,
  listener: StepListener,
  signal: AbortSignal,
): StepFaults {
  if (!hasFaults(phase, benchmark) || !listener.event)
    return { end: () => {}, consumersBack: () => undefined };
  const emit = listener.event.bind(listener);
  emit({ event: "measured-time", at: instant(), step: number, fromSec, toSec });
  const ending = new AbortController();
  const executed: Promise<void>[] = [];
  void announceFaults({
    step: number,
    planned: plannedFaults(benchmark),
    fromSec,
    nowSec,
    emit,
    announced: (due) => {
      const what = targetOf(due);
      const scope = { id: { run, step: number }, consumers, nowSec, emit, signal };
      if (what.kind === "consumer") executed.push(replaceConsumer(scope, due, what.number));
    },
    signal: AbortSignal.any([ending.signal, signal]),
    brokers: target.brokerMetrics.map(({ name }, index) => ({
      name,
      id: target.kafka.brokers[index]?.id ?? -1,
    })),
    roles: clusterRoles(target.kafka, target.brokerMetrics),
    topics: { names: topicNames(topic.name, topicCount(workload)), partitions: topic.partitions },
  });
  return {
    end: () => ending.abort(),
    consumersBack: () => (executed.length > 0 ? Promise.all(executed) : undefined),
  };
}
