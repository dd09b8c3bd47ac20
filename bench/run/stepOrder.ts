// The input and the findings of a step.
import type { LogCheckResult } from "../../contract/logCheck.ts";
import type { Pair } from "../../contract/network.ts";
import type { BenchTarget } from "../../contract/request.ts";
import type { Step } from "../../contract/result.ts";
import type { Benchmark, StepValues, Workload } from "../../contract/workload.ts";
import type { ConsumerTotals, ProducerTotals } from "../agent/protocol.ts";
import type { Findings } from "../exchange/findings.ts";
import type { Agent, Fleet } from "./fleet.ts";
import type { NodeProbe } from "./probes.ts";
import type { Readings } from "./readings.ts";
import type { Drained } from "./stepDrain.ts";
import type { Timeline } from "./timeline.ts";

/** The input of a step: what to run, where, and on which agents. */
export interface StepOrder {
  run: string;
  /** Number of the step, from 1. */
  number: number;
  phase: Step["phase"];
  values: StepValues;
  /** The p99 of the SLO whose knee the step looks for. Absent: the search has one SLO. */
  searchedP99Ms?: number;
  workload: Workload;
  benchmark: Benchmark;
  target: BenchTarget;
  fleet: Fleet;
  /** Probes that answered before the step; empty without probes. */
  probes: readonly NodeProbe[];
  /** The network before the load; empty: not measured. */
  network: readonly Pair[];
}

/** The findings of a step that ran to its end. */
export interface StepFindings {
  startedAt: string;
  connectSeconds: number;
  warmUp: { steady: boolean; reason: string; seconds: number };
  measured: {
    fromSec: number;
    toSec: number;
    /** Readings of brokers and machines at its start and end. */
    before: Readings;
    after: Readings;
  };
  drain: Drained;
  /** Number of offsets of the log that consumer groups had not read by the end; null: unknown. */
  unread: number | null;
  /** Result of the log check, or why it failed; undefined: there was none. */
  logCheck: LogCheckResult | { error: string } | undefined;
  produced: ProducerTotals[];
  consumed: ConsumerTotals[];
  timeline: Timeline;
  topic: { partitions: number; replicationFactor: number };
  /** Producer agents, in the order of `produced`. */
  producers: Agent[];
  /** Consumer agents, in the order of `consumed`. */
  consumers: Agent[];
  /** Findings of the runner's timestamp exchange with all agents. */
  runner: Findings[];
  /** Whether some messages were timed twice, by producer tasks that also consume them. */
  sameNode: boolean;
}
