import type { Prepare } from "../../bench/agent/protocol.ts";
import { workloadSchema } from "../../contract/workload.ts";

/** A request to prepare a step: all producers of the load are this agent's, and it has no peers. */
export function samplePrepare(
  id: Pick<Prepare, "run" | "step">,
  load: { producers: number } & Record<string, unknown>,
  changes: Partial<Prepare> = {},
): Prepare {
  return {
    ...id,
    topic: "t",
    pacing: "timer",
    seed: 1,
    lateAfterUs: 1e6,
    startOffsets: {},
    kafka: {
      bootstrap: ["broker-1:9092"],
      brokers: [{ id: 1, host: "b", port: 1 }],
      security: { protocol: "PLAINTEXT" },
    },
    workload: workloadSchema.parse(load),
    share: { first: 0, count: load.producers },
    peers: [],
    sources: [0],
    sameNode: null,
    ...changes,
  };
}
