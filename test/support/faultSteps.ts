// Steps of load on Kafka processes of this machine, with faults of `benchmark.faults` that are executed on these processes.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureTopic, topicsWithPrefix } from "../../bench/kafka/topics.ts";
import { LocalRunner } from "../../cli/bench/anyKafka/localRunner.ts";
import { ensureMetricsAgent } from "../../cli/setup/metricsAgent.ts";
import { DEFAULT_CLIENT, KAFKA_CLIENTS, nodeError } from "../../contract/clients.ts";
import { type FaultRecord, isOfConsumer } from "../../contract/faults.ts";
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

/** Messages per second: a light load, which a busy machine with a cold JVM carries too. */
export const RATE = 100;
/** Partitions of a step's topic. */
export const PARTITIONS = 4;
const client = [DEFAULT_CLIENT, ...KAFKA_CLIENTS].find((name) => nodeError(name) === undefined);

/** What a test adds to the faults of a step. Brokers are ids. */
export interface FaultHooks {
  /** The brokers to hit, called when the fault is due. If it throws, the fault is not executed. @default those announced */
  hit?(topic: string): Promise<number[]>;
  /** Called just before a broker is killed. */
  beforeKill?(id: number): Promise<void>;
  /** Called when a broker has been killed, before it is started again. */
  afterKill?(id: number, topic: string): Promise<void>;
}

/** A step, and what each of its faults did. */
export interface FaultStep {
  step: MeasuredStep;
  recoveries: readonly FaultRecovery[];
}

/** Starts a cluster and waits until topics can be created. */
export async function startCluster(brokers: number): Promise<KafkaCluster> {
  const [jars, agent] = await Promise.all([ensureKafkaJars(), ensureMetricsAgent()]);
  const cluster = await KafkaCluster.start({ jars, agent, brokers });
  await eventually(async () => {
    await ensureTopic(cluster.target, { topic: "ready", partitions: 1, config: {} });
  });
  return cluster;
}

/** Asserts that a number is within bounds, both included. */
export function near(value: number | null | undefined, low: number, high: number, what: string): void {
  assert.ok(
    typeof value === "number" && value >= low && value <= high,
    `${what}: ${value}, expected ${low} to ${high}`,
  );
}

/** Runs one step on a cluster, with its faults. It prints the step's row. */
export async function stepWith(
  cluster: KafkaCluster,
  workload: WorkloadInput,
  benchmark: BenchmarkInput,
  hooks: FaultHooks = {},
): Promise<FaultStep> {
  const request = requestOf(cluster, workload, benchmark);
  const events: RunEvent[] = [];
  const lines: string[] = [];
  const executor = new Executor(cluster, request.run, hooks);
  const runner = new LocalRunner([]);
  await runner.start(JSON.stringify(request));
  await runner.follow(
    (line) => {
      const event = JSON.parse(line) as RunEvent;
      events.push(event);
      // The runner executes those of consumers itself.
      if (event.event === "fault-due" && !isOfConsumer(event.fault)) executor.add(event);
    },
    (line) => lines.push(line),
  );
  for (const record of await executor.records()) {
    events.push({ event: "fault", at: new Date().toISOString(), record });
  }
  const run = buildResults(events);
  const [step] = measuredSteps(run);
  assert.ok(step?.recovery, lines.join("\n"));
  console.log(runTable(run));
  return { step, recoveries: step.recovery };
}

function requestOf(cluster: KafkaCluster, workload: WorkloadInput, benchmark: BenchmarkInput): RunRequest {
  const load = { client, producers: 5, totalRate: RATE, partitions: PARTITIONS, ...workload };
  const timing = {
    preheat: "0 seconds",
    warmUp: { min: "10 seconds", max: "40 seconds" },
    duration: "30 seconds",
    network: { enabled: false },
  };
  return {
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
}

/** Executes faults on processes, one after the other, as the command that follows a run does on the nodes of a stack. */
class Executor {
  private readonly cluster: KafkaCluster;
  private readonly run: string;
  private readonly hooks: FaultHooks;
  private readonly done: Promise<FaultRecord>[] = [];

  constructor(cluster: KafkaCluster, run: string, hooks: FaultHooks) {
    this.cluster = cluster;
    this.run = run;
    this.hooks = hooks;
  }

  /** Executes a fault at its time, or after the one before if that takes longer. */
  add(due: FaultDue): void {
    this.done.push((this.done.at(-1) ?? Promise.resolve()).then(() => this.execute(due)));
  }

  /** The records of all faults, when the last one has ended. */
  records(): Promise<FaultRecord[]> {
    return Promise.all(this.done);
  }

  private async execute(due: FaultDue): Promise<FaultRecord> {
    const { step, number, fault, target, plannedAtSec, plannedSec, dueMs } = due;
    await sleep(dueMs - Date.now());
    const planned = { step, number, fault, target, plannedAtSec, plannedSec };
    try {
      const announced = due.hit.map((name) => Number(name.replace("broker-", "")));
      const ids = this.hooks.hit ? await this.hooks.hit(await this.topic()) : announced;
      const times = fault === "broker-pause" ? await this.pause(ids, plannedSec ?? 0) : await this.kill(ids);
      return { ...planned, hit: ids.map((id) => `broker-${id}`), ...times, error: null };
    } catch (error) {
      const none = { startedAt: null, endedAt: null, uncertainMs: null };
      return { ...planned, hit: [], ...none, error: (error as Error).message };
    }
  }

  /** Name of the step's topic. */
  private async topic(): Promise<string> {
    const [topic] = await topicsWithPrefix(this.cluster.target, `${this.run}-`);
    return topic ?? assert.fail("the step has no topic");
  }

  private async pause(ids: readonly number[], seconds: number) {
    const startedAt = Date.now();
    for (const id of ids) this.cluster.signalBroker(id, "SIGSTOP");
    const beganBy = Date.now();
    await sleep(1_000 * seconds);
    const endedAt = Date.now();
    for (const id of ids) this.cluster.signalBroker(id, "SIGCONT");
    return { startedAt, endedAt, uncertainMs: Math.max(beganBy - startedAt, Date.now() - endedAt) + 1 };
  }

  private async kill(ids: readonly number[]) {
    const { cluster, hooks } = this;
    const topic = hooks.afterKill ? await this.topic() : "";
    for (const id of ids) await hooks.beforeKill?.(id);
    const startedAt = Date.now();
    for (const id of ids) await cluster.stopBroker(id, "SIGKILL");
    const beganBy = Date.now();
    try {
      for (const id of ids) await hooks.afterKill?.(id, topic);
    } finally {
      for (const id of ids) await cluster.startBroker(id);
    }
    return { startedAt, endedAt: Date.now(), uncertainMs: beganBy - startedAt + 1 };
  }
}
