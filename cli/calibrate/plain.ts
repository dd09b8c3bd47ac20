// The load of a calibration. It does not depend on the scenario, so that calibrations of different scenarios compare.
import { clientOf, KAFKA_CLIENTS } from "../../contract/clients.ts";
import type { BenchPlan } from "../../contract/request.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";

const PROXIED_CLIENT = KAFKA_CLIENTS.find((name) => clientOf(name).proxyRoute);
/** Every other option has its default. The client is one that reaches brokers through a proxy, which delays messages. */
const WORKLOAD = workloadSchema.parse({ client: PROXIED_CLIENT, acks: 1, replicationFactor: 1 });
const BENCHMARK = benchmarkSchema.parse({
  preheat: "0 seconds",
  warmUp: { min: "5 seconds", max: "15 seconds", brokers: "30 seconds" },
  network: { enabled: false },
});

/** The plan with the calibration's load in place of the scenario's workload and benchmark. */
export function withPlainLoad(plan: BenchPlan): BenchPlan {
  return { ...plan, workload: structuredClone(WORKLOAD), benchmark: structuredClone(BENCHMARK) };
}
