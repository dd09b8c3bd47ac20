import type { Benchmark } from "../../../contract/workload.ts";
import type { Transforms } from "../../lib/service.ts";
import type { Service } from "../descriptor.ts";
import { token } from "../token/index.ts";
import { type ProbeNetwork, Probes } from "./probes.ts";

/** The network probes between the nodes. */
export const probes: Service<Benchmark["network"], Probes, Transforms<ProbeNetwork>> = {
  title: "the probes",
  images: ["bench"],
  settings: ({ bench }) => (bench?.benchmark.network.enabled ? bench.benchmark.network : undefined),
  deploy: ({ deployment, transform, options, deployed }) => {
    const stackToken = deployed(token);
    return stackToken && new Probes("probes", { deployment, transform, token: stackToken }, options);
  },
};
