// What a step is asked to do, and what it finds.
import type { BenchTarget } from "../../contract/request.ts";
import type { Step } from "../../contract/result.ts";
import type { Benchmark, StepValues, Workload } from "../../contract/workload.ts";
import type { ConsumerTotals, ProducerTotals } from "../agent/protocol.ts";
import type { Findings } from "../exchange/findings.ts";
import type { CpuReading } from "./brokerCpu.ts";
import type { Agent, Fleet } from "./fleet.ts";
import type { Timeline } from "./timeline.ts";

/** One step of a run, as the plan asks for it. */
export interface StepOrder {
  run: string;
  /** From 1. */
  number: number;
  phase: Step["phase"];
  values: StepValues;
  workload: Workload;
  benchmark: Benchmark;
  target: BenchTarget;
  fleet: Fleet;
}

/** What a step that ran to its end has found. */
export interface StepFindings {
  startedAt: string;
  connectSeconds: number;
  warmUp: { steady: boolean; reason: string; seconds: number };
  measured: {
    fromSec: number;
    toSec: number;
    brokerCpu: { before: CpuReading | undefined; after: CpuReading | undefined };
  };
  /** seconds: until all was delivered; null: not in time. */
  drain: { backlogAtEnd: number; seconds: number | null };
  produced: ProducerTotals[];
  consumed: ConsumerTotals[];
  timeline: Timeline;
  topic: { partitions: number; replicationFactor: number };
  /** In the order of `produced` and `consumed`. */
  producers: Agent[];
  consumers: Agent[];
  /** The runner's exchange of timestamps with all of them. */
  runner: Findings[];
  /** Whether producers consumed messages of their own. */
  sameNode: boolean;
}
