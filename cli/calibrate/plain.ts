// The load of a calibration. It does not depend on the scenario, so that calibrations of different scenarios compare.
import type { BenchPlan } from "../../contract/request.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";

/** Every other option has its default. */
const WORKLOAD = workloadSchema.parse({ acks: 1, replicationFactor: 1 });
const BENCHMARK = benchmarkSchema.parse({
  warmUp: { min: "5 seconds", max: "15 seconds", brokers: "30 seconds" },
  network: { enabled: false },
});

/** The plan with the calibration's load in place of the scenario's workload and benchmark. */
export function withPlainLoad(plan: BenchPlan): BenchPlan {
  return { ...plan, workload: structuredClone(WORKLOAD), benchmark: structuredClone(BENCHMARK) };
}
