// Runs with faults on real Kafka processes of this machine.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureTopic } from "../../bench/kafka/topics.ts";
import { LocalRunner } from "../../cli/bench/anyKafka/localRunner.ts";
import { ensureMetricsAgent } from "../../cli/setup/metricsAgent.ts";
import { DEFAULT_CLIENT, KAFKA_CLIENTS, nodeError } from "../../contract/clients.ts";
import type { FaultRecord } from "../../contract/faults.ts";
import type { FaultRecovery } from "../../contract/recovery.ts";
import type { RunRequest } from "../../contract/request.ts";
import { type FaultDue, type MeasuredStep, measuredSteps, type RunEvent } from "../../contract/result.ts";
import {
  type BenchmarkInput,
  benchmarkSchema,
  type WorkloadInput,
  workloadSchema,
} from "../../contract/workload.ts";
import { ensureKafkaJars } from "../../offline/kafkaJars.ts";
import { buildResults } from "../../results/build.ts";
import { runTable } from "../../results/report/table.ts";
import { eventually } from "./eventually.ts";
import { KafkaCluster } from "./kafkaCluster.ts";

/** A light load, which a busy machine with a cold JVM carries too. */
export const [RATE, PARTITIONS] = [100, 4];
const DURATION_SEC = 30;
/** A killed broker needs up to a minute to serve again on a busy machine. */
export const LONG = { duration: "100 seconds", drain: "60 seconds" } as const;
const client = [DEFAULT_CLIENT, ...KAFKA_CLIENTS].find((name) => nodeError(name) === undefined);

/** Executes faults on processes, as the command that follows a run does on the nodes of a stack. */
async function execute(
  cluster: KafkaCluster,
  due: FaultDue,
  emit: (event: RunEvent) => void,
  isolateSec: number,
) {
  const { step, number, fault, target, hit, plannedAtSec, plannedSec, dueMs } = due;
  const ids = hit.map((name) => Number(name.replace("broker-", "")));
  const others = isolateSec > 0 ? cluster.ids.filter((id) => !ids.includes(id)) : [];
  await sleep(dueMs - 1_000 * isolateSec - Date.now());
  for (const id of others) cluster.signalBroker(id, "SIGSTOP");
  await sleep(dueMs - Date.now());
  const startedAt = Date.now();
  for (const id of ids) {
    if (fault === "broker-pause") cluster.signalBroker(id, "SIGSTOP");
    else await cluster.stopBroker(id, "SIGKILL");
  }
  const beganBy = Date.now();
  for (const id of others) cluster.signalBroker(id, "SIGCONT");
  await sleep(1_000 * (plannedSec ?? 0));
  const endedAt = Date.now();
  for (const id of ids) {
    if (fault === "broker-pause") cluster.signalBroker(id, "SIGCONT");
    else await cluster.startBroker(id);
  }
  const uncertainMs = Math.max(beganBy - startedAt, Date.now() - endedAt) + 1;
  const times = { startedAt, endedAt, uncertainMs, error: null };
  const record: FaultRecord = { step, number, fault, target, hit, plannedAtSec, plannedSec, ...times };
  emit({ event: "fault", at: new Date().toISOString(), record });
}

/**
 * A run of one step on this cluster, with its faults.
 *
 * @param isolateSec for so long before a fault all other brokers are paused, so that what a leader acknowledges alone is not
 *   replicated
 * @returns its step, and what its first fault and all faults did to it
 */
export async function stepWith(
  cluster: KafkaCluster,
  workload: WorkloadInput,
  benchmark: BenchmarkInput,
  isolateSec = 0,
): Promise<{ step: MeasuredStep; recovery: FaultRecovery; recoveries: readonly FaultRecovery[] }> {
  const load = { client, producers: 5, totalRate: RATE, partitions: PARTITIONS, ...workload };
  const warmUp = { min: "10 seconds", max: "40 seconds" };
  const timing = {
    preheat: "0 seconds",
    warmUp,
    duration: `${DURATION_SEC} seconds`,
    network: { enabled: false },
  };
  const request: RunRequest = {
    run: `20260101T000000Z-faults-${randomBytes(3).toString("hex")}`,
    scenario: "faults",
    target: {
      token: randomBytes(24).toString("hex"),
      kafka: cluster.target,
      brokerMetrics: cluster.members.map(({ name, jolokiaUrl }) => ({ name, jolokiaUrl })),
      agents: { producer: { tasks: 2 }, consumer: { tasks: 1 } },
    },
    workload: workloadSchema.parse(load) as RunRequest["workload"],
    benchmark: benchmarkSchema.parse({
      ...timing,
      slo: { p99Ms: 1_000 },
      logCheck: true,
      ...benchmark,
    }) as RunRequest["benchmark"],
    conditions: {
      swarmbench: { version: "0", commit: null, dirty: null },
      ...{ source: "test", images: {}, versions: {}, settings: {}, nodes: [], agents: [] },
      ...{ workload: load, benchmark: {} },
    },
    finished: [],
  };
  const events: RunEvent[] = [];
  const faults: Promise<void>[] = [];
  const runner = new LocalRunner([]);
  await runner.start(JSON.stringify(request));
  const lines: string[] = [];
  await runner.follow(
    (line) => {
      const event = JSON.parse(line) as RunEvent;
      events.push(event);
      if (event.event === "fault-due")
        faults.push(execute(cluster, event, (each) => events.push(each), isolateSec));
    },
    (line) => lines.push(line),
  );
  await Promise.all(faults);
  const run = buildResults(events);
  const [step] = measuredSteps(run);
  const recoveries = step?.recovery ?? [];
  const [recovery] = recoveries;
  assert.ok(step && recovery, lines.join("\n"));
  console.log(runTable(run));
  return { step, recovery, recoveries };
}

/** Asserts that a value is within limits. */
export const near = (value: number | null | undefined, low: number, high: number, what: string) =>
  assert.ok(
    typeof value === "number" && value >= low && value <= high,
    `${what}: ${value}, expected ${low} to ${high}`,
  );

/** Starts a cluster, and waits until it has topics. */
export async function startCluster(brokers: number): Promise<KafkaCluster> {
  const [jars, agent] = await Promise.all([ensureKafkaJars(), ensureMetricsAgent()]);
  const cluster = await KafkaCluster.start({ jars, agent, brokers });
  await eventually(async () => {
    await ensureTopic(cluster.target, { topic: "ready", partitions: 1, config: {} });
  });
  return cluster;
}
