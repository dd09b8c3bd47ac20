import type { Point } from "@influxdata/influxdb-client";
import { pointOf } from "../../bench/influx/points.ts";
import { PointWriter } from "../../bench/influx/writer.ts";
import { LATENCY_KINDS, type LatencyKind } from "../../contract/measurements.ts";
import type { InfluxTarget } from "../../contract/target.ts";
import type { StepVerdict } from "../../contract/verdicts.ts";

export interface FakeRunOptions {
  /** @default "fake-run" */
  run?: string;
  /** @default "local" */
  scenario?: string;
  /** When the run ended, ms since 1970. @default now */
  endMs?: number;
}

export interface FakeRun {
  run: string;
  scenario: string;
  startMs: number;
  endMs: number;
  points: Point[];
}

const STEP_SEC = 60;
/** Number of producers of each step; 60 s each, so the run takes 600 s. */
const PRODUCERS = [1, 10, 50, 100, 200, 300, 400, 500, 600, 800] as const;
const RATE_PER_PRODUCER = 10;
const MESSAGE_BYTES = 200;
/** Capacity of the fake broker in messages per second: slightly more than 500 producers send. */
const CAPACITY = 5_500;
const SLO_MS = 100;
const KNEE = 500;

/** One second of a run, from which its points are built. */
interface Second {
  producers: number;
  offered: number;
  delivered: number;
  /** Median end-to-end latency, ms. */
  medianMs: number;
  lost: number;
  late: number;
}

/**
 * The points of a sweep over the number of producers with a knee at 500: latencies rise slowly below it and steeply above it,
 * the broker delivers at most its capacity, and a few messages are lost, duplicated and reordered. The same options always
 * give the same points.
 */
export function fakeRun({
  run = "fake-run",
  scenario = "local",
  endMs = Date.now(),
}: FakeRunOptions = {}): FakeRun {
  const startMs = endMs - PRODUCERS.length * STEP_SEC * 1_000;
  const random = randomOf(42);
  const faults = { lost: 0, duplicated: 0, reordered: 0, late: 0, unsent: 0, errors: 0 };
  const event = (name: "start" | "end", fields: Parameters<typeof pointOf<"run">>[2], atMs: number) =>
    pointOf("run", { run, scenario, event: name }, { slo_ms: SLO_MS, ...fields }, atMs);
  const points: (Point | undefined)[] = [
    event("start", { text: `${scenario}: producers ${PRODUCERS.join(", ")}` }, startMs),
  ];
  for (const [index, producers] of PRODUCERS.entries()) {
    const before = { ...faults };
    const startedMs = startMs + index * STEP_SEC * 1_000;
    const tags = { run, scenario, step: String(index + 1) };
    for (let second = 0; second < STEP_SEC; second += 1) {
      const now = secondOf(producers, second, random);
      faults.lost += now.lost;
      faults.late += now.late;
      faults.reordered += random() < 0.01 ? 1 : 0;
      faults.duplicated += random() < 0.005 ? 1 : 0;
      points.push(...secondPoints(tags, now, { ...faults }, startedMs + second * 1_000));
    }
    points.push(...networkPoints({ run, scenario }, startedMs));
    points.push(stepPoint(tags, producers, before, faults, startedMs + STEP_SEC * 1_000 - 1));
  }
  points.push(event("end", { text: `knee at ${KNEE} producers`, knee: KNEE, verdict: "ok" }, endMs));
  return { run, scenario, startMs, endMs, points: points.filter((point) => point !== undefined) };
}

/** Writes a fake run to InfluxDB. @throws if a point could not be written */
export async function writeFakeRun(target: InfluxTarget, options?: FakeRunOptions): Promise<FakeRun> {
  const fake = fakeRun(options);
  const writer = new PointWriter(target);
  writer.write(...fake.points);
  const { lost, lastError } = await writer.close();
  if (lost > 0) throw new Error(`${lost} points were not written`, { cause: lastError });
  return fake;
}

function secondOf(producers: number, second: number, random: () => number): Second {
  const offered = producers * RATE_PER_PRODUCER;
  const load = offered / CAPACITY;
  const queueMs = load > 1 ? (load - 1) * second * 1_000 : 0; // the backlog grows every second
  const medianMs = (1.5 + 8 * Math.min(load, 1) ** 4 + queueMs) * (0.9 + 0.2 * random());
  const delivered = Math.min(offered, CAPACITY) * (0.995 + 0.01 * random());
  const overload = Math.max(0, load - 1);
  return {
    producers,
    offered,
    delivered,
    medianMs,
    lost: random() < overload / 10 ? 1 : 0,
    late: Math.round(overload * 20 * random()),
  };
}

function secondPoints(
  tags: { run: string; scenario: string; step: string },
  now: Second,
  faults: Parameters<typeof pointOf<"faults">>[2],
  atMs: number,
): (Point | undefined)[] {
  const { producers, offered, delivered, medianMs } = now;
  const shares: Record<LatencyKind, number> = { latency: 1, ack: 0.6, send_to_receive: 0.9 };
  return [
    ...LATENCY_KINDS.map((kind) =>
      pointOf(
        "latency",
        { ...tags, kind },
        { ...percentiles(medianMs * shares[kind]), count: delivered },
        atMs,
      ),
    ),
    pointOf(
      "rate",
      tags,
      {
        offered,
        sent: offered,
        acked: delivered,
        delivered,
        bytes: delivered * MESSAGE_BYTES,
        producers,
        consumers: 4,
      },
      atMs,
    ),
    pointOf("faults", tags, faults, atMs),
    pointOf(
      "generator",
      tags,
      {
        schedule_lag_p99_ms: 0.5 + producers / 400,
        event_loop_p99_ms: 1 + producers / 200,
        cpu: 0.1 + producers / 1_000,
      },
      atMs,
    ),
  ];
}

/** Between two nodes, in both directions. */
function networkPoints(tags: { run: string; scenario: string }, atMs: number): (Point | undefined)[] {
  return (["host", "overlay"] as const).flatMap((network) =>
    [
      ["node1", "node2"],
      ["node2", "node1"],
    ].map(([from = "", to = ""]) => {
      const slower = network === "overlay" ? 1.3 : 1;
      return pointOf(
        "network",
        { ...tags, from, to, network },
        { rtt_p50: 0.1 * slower, rtt_p99: 0.4 * slower, loss: 0, throughput: 9.4e9 / slower, mtu: 1_500 },
        atMs,
      );
    }),
  );
}

function stepPoint(
  tags: { run: string; scenario: string; step: string },
  producers: number,
  before: Record<"lost" | "duplicated" | "reordered", number>,
  after: Record<"lost" | "duplicated" | "reordered", number>,
  atMs: number,
): Point | undefined {
  const middle = secondOf(producers, STEP_SEC / 2, () => 0.5);
  const latencies = percentiles(middle.medianMs);
  const meets = latencies.p99 <= SLO_MS && middle.delivered >= 0.999 * middle.offered;
  const verdict: StepVerdict = meets ? "ok" : "slo-missed";
  return pointOf(
    "step",
    { ...tags, variable: "producers", verdict },
    {
      value: producers,
      producers,
      offered: middle.offered,
      delivered: middle.delivered,
      ...latencies,
      lost: after.lost - before.lost,
      duplicated: after.duplicated - before.duplicated,
      reordered: after.reordered - before.reordered,
      slo_ms: SLO_MS,
      meets_slo: meets,
    },
    atMs,
  );
}

function percentiles(p50: number) {
  return { p50, p90: p50 * 1.8, p99: p50 * 4, p999: p50 * 7, p9999: p50 * 9, max: p50 * 12 };
}

/** Pseudo-random numbers from 0 to 1, reproducible by their seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
