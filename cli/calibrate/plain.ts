// The load that a calibration runs, whatever the scenario has: what is compared must not depend on it.
import type { BenchPlan } from "../../contract/request.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";

/** Beside these, every option has its default. */
const WORKLOAD = workloadSchema.parse({ acks: 1, replicationFactor: 1 });
const BENCHMARK = benchmarkSchema.parse({
  warmUp: { min: "5 seconds", max: "15 seconds", brokers: "30 seconds" },
  network: { enabled: false },
});

/** The same stack with the plain load: nothing of the scenario's workload and benchmark is left. */
export function withPlainLoad(plan: BenchPlan): BenchPlan {
  return { ...plan, workload: structuredClone(WORKLOAD), benchmark: structuredClone(BENCHMARK) };
}
