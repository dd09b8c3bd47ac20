// Live metrics of a run, written to InfluxDB for Grafana.
import type { FieldValues, LatencyKind } from "../../contract/measurements.ts";
import type { Pair, PairRtt } from "../../contract/network.ts";
import {
  type Distribution,
  isMeasured,
  type Knee,
  type MeasuredStep,
  type Step,
} from "../../contract/result.ts";
import type { InfluxTarget } from "../../contract/target.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import type { Slo } from "../../contract/workload.ts";
import { pointOf } from "../influx/points.ts";
import { PointWriter } from "../influx/writer.ts";
import { reason } from "../reason.ts";
import type { MergedSecond } from "./timeline.ts";

/** The fields of the measurement `faults`. */
type Faults = {
  lost: number;
  duplicated: number;
  reordered: number;
  late: number;
  unsent: number;
  errors: number;
};

/** Numbers of points written to InfluxDB and lost. */
interface PointCounts {
  written: number;
  lost: number;
  /** Why points were lost. */
  reason?: string;
}

/** Writes the live metrics in the background. With a slow or missing InfluxDB, points are lost and counted. */
export class Live {
  private readonly writer: PointWriter | undefined;
  /** Faults of the finished steps. Lost messages of a step are known only at its end. */
  private readonly faults: Faults = { lost: 0, duplicated: 0, reordered: 0, late: 0, unsent: 0, errors: 0 };
  private inStep = { late: 0, errors: 0 };

  private readonly tags: { run: string; scenario: string };
  private readonly slo: Slo;

  constructor(target: InfluxTarget | undefined, tags: { run: string; scenario: string }, slo: Slo) {
    this.tags = tags;
    this.slo = slo;
    this.writer = target && new PointWriter(target);
  }

  /** Writes the start of the run, with a line about it. */
  started(text: string): void {
    const tags = { ...this.tags, event: "start" };
    this.writer?.write(pointOf("run", tags, { text, slo_ms: this.slo.p99Ms }, Date.now()));
  }

  /** Writes the end of the run, with a line about it. */
  ended(text: string, verdict: string, knee: Knee | null): void {
    const tags = { ...this.tags, event: "end" };
    const fields = { text, verdict, slo_ms: this.slo.p99Ms, knee: knee ? knee.value : undefined };
    this.writer?.write(pointOf("run", tags, fields, Date.now()));
  }

  /** Writes one second of a step. @param clients numbers of active logical clients */
  second(step: number, second: MergedSecond, clients: { producers: number; consumers: number }): void {
    if (!this.writer) return;
    const tags = { ...this.tags, step: String(step) };
    const atMs = second.at * 1_000;
    const kinds = { latency: second.latency, ack: second.ack, send_to_receive: second.sendToReceive };
    for (const [kind, histogram] of Object.entries(kinds)) {
      const fields = latencyFields(histogram.distribution());
      this.writer.write(pointOf("latency", { ...tags, kind: kind as LatencyKind }, fields, atMs));
    }
    const { offered, sent, acked, delivered, bytes, late, errors, generator } = second;
    this.inStep.late += late;
    this.inStep.errors += errors;
    this.writer.write(
      pointOf("rate", tags, { offered, sent, acked, delivered, bytes, ...clients }, atMs),
      pointOf("faults", tags, this.currentFaults(), atMs),
      pointOf("generator", tags, generatorFields(generator), atMs),
    );
  }

  private currentFaults(): Faults {
    const { late, errors } = this.inStep;
    return { ...this.faults, late: this.faults.late + late, errors: this.faults.errors + errors };
  }

  /** Writes a finished step. @param variable the option that the steps vary */
  step(step: Step, variable: string): void {
    if (isMeasured(step)) {
      this.faults.lost += step.lost;
      this.faults.duplicated += step.duplicated;
      this.faults.reordered += step.reordered;
      this.faults.unsent += step.unsent;
    }
    this.faults.late += this.inStep.late;
    this.faults.errors += this.inStep.errors;
    this.inStep = { late: 0, errors: 0 };
    if (step.phase === "preheat") return;
    const value = (step.values as Record<string, number | string | undefined>)[variable];
    const tags = { ...this.tags, step: String(step.step), variable, verdict: step.verdict };
    const fields: FieldValues<"step"> = {
      value: typeof value === "number" ? value : step.producers,
      producers: step.producers,
      slo_ms: this.slo.p99Ms,
      meets_slo: meetsSlo(step),
    };
    if (isMeasured(step)) Object.assign(fields, measuredFields(step));
    this.writer?.write(pointOf("step", tags, fields, Date.now()));
  }

  /** Writes new measurements of the network. */
  network(pairs: readonly (PairRtt & Partial<Pair>)[]): void {
    for (const { from, to, network, rttMs, sent, lost, throughputBitPerSec, mtu } of pairs) {
      const fields = {
        rtt_p50: rttMs.p50 ?? undefined,
        rtt_p99: rttMs.p99 ?? undefined,
        loss: sent === 0 ? undefined : lost / sent,
        throughput: typeof throughputBitPerSec === "number" ? throughputBitPerSec : undefined,
        mtu: typeof mtu === "number" ? mtu : undefined,
      };
      this.writer?.write(pointOf("network", { ...this.tags, from, to, network }, fields, Date.now()));
    }
  }

  /** Sends the remaining points. @returns null if there is no InfluxDB */
  async close(): Promise<PointCounts | null> {
    if (!this.writer) return null;
    const { written, lost, lastError } = await this.writer.close();
    return { written, lost, reason: lastError ? reason(lastError) : undefined };
  }
}

function measuredFields(step: MeasuredStep): FieldValues<"step"> {
  const { count: _, ...latencies } = latencyFields(step.latencyMs);
  return {
    ...latencies,
    offered: step.offered / step.durationSeconds,
    delivered: (step.received ?? step.delivered) / step.durationSeconds,
    lost: step.lost,
    duplicated: step.duplicated,
    reordered: step.reordered,
  };
}

/** The fields of a latency. Percentiles that are null are left out, because InfluxDB has no null. */
function latencyFields(latency: Distribution): FieldValues<"latency"> {
  const { count, p50, p90, p99, max } = latency;
  const values = { p50, p90, p99, p999: latency["p99.9"], p9999: latency["p99.99"], max };
  const defined = Object.entries(values).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(defined), count };
}

function generatorFields(generator: MergedSecond["generator"]): FieldValues<"generator"> {
  const { scheduleLagMsP99, eventLoopDelayMsP99, cpu } = generator;
  return {
    schedule_lag_p99_ms: scheduleLagMsP99 ?? undefined,
    event_loop_p99_ms: eventLoopDelayMsP99 ?? undefined,
    cpu: cpu ?? undefined,
  };
}
