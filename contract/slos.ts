import type { Benchmark, Slo } from "./workload.ts";

/** The SLOs of a benchmark, each once: its own first, then one for each limit of `search.otherP99Ms`. */
export function slosOf({ slo, search }: Pick<Benchmark, "slo" | "search">): [Slo, ...Slo[]] {
  const others = new Set(search?.otherP99Ms ?? []);
  others.delete(slo.p99Ms);
  return [slo, ...[...others].map((p99Ms) => ({ ...slo, p99Ms }))];
}
