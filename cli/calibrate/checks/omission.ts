// Coordinated omission: pauses all brokers for a known time, and compares the latencies with theory.
import { latencyByPause, type Pause, toleranceMs } from "../analytic.ts";
import type { Check } from "../check.ts";
import type { Harness } from "../harness.ts";
import type { LiveStep } from "../live.ts";
import { QUESTIONS } from "../questions.ts";
import { exactly, type Row, within } from "../row.ts";

const MEASURED_SEC = 12;
const PAUSE_SEC = 2;
const LOAD = ["producers=20", "rate=10", `duration=${MEASURED_SEC}`, "drain=20"];
const QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99, max: 1 } as const;

interface Paused {
  seconds: number;
  /** Pausing and unpausing take a moment each, in which the broker may or may not run. */
  uncertainSec: number;
}

/**
 * Pauses a broker's processes (with the kernel's freezer) and unpauses them. One script does both, so that a broker never stays
 * paused, not even when the connection is lost.
 */
const PAUSE = `
id=$(docker ps --quiet --filter "label=com.docker.swarm.service.name=$BROKER")
[ -n "$id" ] || { echo "no container of $BROKER runs here" >&2; exit 1; }
trap 'docker unpause "$id" >/dev/null 2>&1 || true' EXIT
before=$(date +%s.%N); docker pause "$id" >/dev/null; from=$(date +%s.%N)
sleep "$SECONDS_LONG"
to=$(date +%s.%N); docker unpause "$id" >/dev/null; after=$(date +%s.%N)
echo "$before $from $to $after"`;

/** Parses the output of the script: the times before and after pausing, and before and after unpausing, s. */
export function pausedFrom(text: string): Paused {
  const [before = Number.NaN, from = 0, to = 0, after = 0] = text.trim().split(/\s+/).map(Number);
  return { seconds: (to + after - before - from) / 2, uncertainSec: (from - before + after - to) / 2 };
}

async function pauseAll(harness: Harness, live: LiveStep): Promise<{ pause: Paused; quietMs: number }> {
  const brokers = harness.parts.plan.target.kafka.brokers.map(({ host }) => host);
  const nodes = await Promise.all(brokers.map((broker) => harness.nodeOf(broker)));
  await live.measuring();
  // The latency without a pause: that of the seconds just before.
  const quiet = live.seconds.slice(-5).flatMap(({ latencyMs }) => latencyMs.p99 ?? []);
  const texts = await Promise.all(
    brokers.map((BROKER, index) =>
      harness.onNode(nodes[index] ?? "", { BROKER, SECONDS_LONG: PAUSE_SEC }, PAUSE),
    ),
  );
  const pauses = texts.map(pausedFrom);
  // With several brokers, the longest pause counts; the pauses differ little.
  const longest = pauses.reduce((most, each) => (each.seconds > most.seconds ? each : most));
  return { pause: longest, quietMs: Math.max(...quiet) };
}

async function measure(harness: Harness): Promise<Row[]> {
  const { step, acted } = await harness.stepWhile(LOAD, (live) => pauseAll(harness, live));
  const { pause, quietMs } = acted;
  const timing: Pause = { measured: step.durationSeconds, paused: pause.seconds };
  const tolerance = toleranceMs(timing, quietMs, pause.uncertainSec * 1_000);
  const rows = Object.entries(QUANTILES).map(([name, quantile]) => {
    const what = `brokers paused for ${pause.seconds.toFixed(2)} of ${step.durationSeconds} s: latency ${name}`;
    const expected = latencyByPause(timing, quantile);
    return within(what, step.latencyMs[name as keyof typeof QUANTILES], expected, tolerance);
  });
  return [...rows, exactly("same step: messages lost", step.lost, 0)];
}

/** Checks that a pause of the brokers shows in the latencies. */
export const omission: Check = {
  name: "omission",
  question: QUESTIONS.omission,
  run: async (harness, { add }) => add(...(await measure(harness))),
};
