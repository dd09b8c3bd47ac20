// Known delay: a proxy delays messages between producers and brokers, and the latency must rise by the same time.
import type { Check } from "../check.ts";
import { type Harness, latenciesOf } from "../harness.ts";
import { BenchProxy } from "../proxy.ts";
import { QUESTIONS } from "../questions.ts";
import { formatNumber3, type Row, within } from "../row.ts";
import { median } from "../statistics.ts";

const LOAD = ["producers=40", "rate=10"];
const FULL = { delays: [0, 5, 20, 100], rounds: 5, seconds: 15 };
const QUICK = { delays: [0, 20], rounds: 1, seconds: 8 };

/** Latencies of one step, ms. */
export interface Latencies {
  /** The latency that a busy machine disturbs least. */
  min: number;
  p50: number;
  p99: number;
}

/** How far the rise of the latency may be from the added delay, ms. */
export function limitMs(addedMs: number): number {
  return 0.03 * addedMs + 0.5;
}

/**
 * The rows of the table: for each delay the median of the rises of all rounds, and in brackets the smallest and the largest
 * rise, an interval that covers the true median with a probability of 1 - 2^(1 - rounds), whatever the distribution (sign
 * test). The rise of p99 has no limit: that of a busy machine differs by more between two rounds than any useful limit.
 *
 * @param byDelay the latencies of each round by the added delay, ms; needs an entry for 0
 */
export function delayRows(byDelay: ReadonlyMap<number, readonly Latencies[]>): Row[] {
  const without = byDelay.get(0) ?? [];
  return [...byDelay].flatMap(([delay, slower]) => {
    if (delay === 0) return [];
    return (["min", "p50", "p99"] as const).map((key) => {
      const before = without.map((latencies) => latencies[key]);
      const rises = slower.map((latencies, round) => latencies[key] - (before[round] ?? Number.NaN));
      const row = riseRow(key, delay, median(before), rises);
      return key === "p99" ? { ...row, limit: "stated", pass: null } : row;
    });
  });
}

function riseRow(key: string, delay: number, before: number, rises: readonly number[]): Row {
  const limit = limitMs(delay);
  const what = `proxy delays messages by ${delay} ms: rise of ${key} (from ${before.toFixed(2)} ms)`;
  const row = within(what, median(rises), delay, { below: limit, above: limit });
  const range = [Math.min(...rises), Math.max(...rises)].map(formatNumber3).join(" to ");
  return { ...row, measured: `${row.measured} (${range})` };
}

async function measure(harness: Harness, { delays, rounds, seconds }: typeof FULL): Promise<Row[]> {
  const byDelay = new Map<number, Latencies[]>(delays.map((delay) => [delay, []]));
  const routes = delays.map((latencyMs) => ({ name: `slower-${latencyMs}`, latencyMs }));
  await BenchProxy.during(harness, routes, async (proxy) => {
    const measured = (route: string) =>
      harness.step([...LOAD, `duration=${seconds}`], { proxyRoutes: { producer: proxy.proxyRoute(route) } });
    // This step does not count: the JIT warm-up of the brokers slows down the first load.
    await measured(routes[0]?.name ?? "");
    // In turn, so that a drift of the machine affects all delays alike.
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, latencyMs } of routes) {
        byDelay.get(latencyMs)?.push(latenciesOf(await measured(name)));
      }
    }
  });
  return delayRows(byDelay);
}

/** Checks that a known delay is measured as such. */
export const knownDelay: Check = {
  name: "known-delay",
  question: QUESTIONS["known-delay"],
  run: async (harness, { quick, add }) => add(...(await measure(harness, quick ? QUICK : FULL))),
};
