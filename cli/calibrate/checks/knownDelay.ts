// Known delay in, known delay out: a proxy makes the way from the producers to the brokers longer.
import type { Check } from "../check.ts";
import { delaysOf, type Harness } from "../harness.ts";
import { BenchProxy } from "../proxy.ts";
import { QUESTIONS } from "../questions.ts";
import { type Row, within } from "../row.ts";
import { median } from "../statistics.ts";

const LOAD = ["producers=40", "rate=10"];
const FULL = { latencies: [0, 5, 20, 100], rounds: 5, seconds: 15 };
const QUICK = { latencies: [0, 20], rounds: 1, seconds: 8 };

export interface Delays {
  /** Of all delays the one that a busy machine disturbs the least. */
  min: number;
  p50: number;
  p99: number;
}

/** Of what is added. */
export function limitMs(addedMs: number): number {
  return 0.03 * addedMs + 0.5;
}

/** @param byLatency the delays of each round, by what the proxy added; 0 must be there */
export function latencyRows(byLatency: ReadonlyMap<number, readonly Delays[]>): Row[] {
  const of = (latency: number, key: keyof Delays) =>
    median((byLatency.get(latency) ?? []).map((delays) => delays[key]));
  const added = [...byLatency.keys()].filter((latency) => latency > 0);
  return added.flatMap((latency) =>
    (["min", "p50", "p99"] as const).map((key) => {
      const [without, slower] = [of(0, key), of(latency, key)];
      const limit = limitMs(latency);
      const what = `proxy adds ${latency} ms before the brokers: rise of ${key} (from ${without.toFixed(2)} ms)`;
      return within(what, slower - without, latency, { below: limit, above: limit });
    }),
  );
}

async function measure(harness: Harness, { latencies, rounds, seconds }: typeof FULL): Promise<Row[]> {
  const byLatency = new Map<number, Delays[]>(latencies.map((latency) => [latency, []]));
  const lines = latencies.map((latencyMs) => ({ name: `slower-${latencyMs}`, latencyMs }));
  await BenchProxy.during(harness, lines, async (proxy) => {
    const measured = (line: string) =>
      harness.step([...LOAD, `duration=${seconds}`], { via: { producer: proxy.via(line) } });
    // One that does not count: the first load finds brokers whose code is still being compiled.
    await measured(lines[0]?.name ?? "");
    // In turn, so that a drift of the machine is in all of them.
    for (let round = 1; round <= rounds; round += 1) {
      for (const { name, latencyMs } of lines) {
        byLatency.get(latencyMs)?.push(delaysOf(await measured(name)));
      }
    }
  });
  return latencyRows(byLatency);
}

export const knownDelay: Check = {
  name: "known-delay",
  question: QUESTIONS["known-delay"],
  run: async (harness, { quick, add }) => add(...(await measure(harness, quick ? QUICK : FULL))),
};
