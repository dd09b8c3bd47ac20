import * as pulumi from "@pulumi/pulumi";
import type { BenchSettings } from "../../../config/benchmark.ts";
import type { BenchPlan } from "../../../contract/request.ts";
import type { Deployed, Service } from "../descriptor.ts";
import { influxdb } from "../influxdb/index.ts";
import { kafka } from "../kafka/index.ts";
import { token } from "../token/index.ts";
import { BenchmarkRun, benchPlan } from "./benchmark.ts";
import { conditionsOf, reservedNodes } from "./conditions.ts";

interface Benchmark extends Deployed {
  plan: pulumi.Output<BenchPlan>;
  /** Undefined if `benchmark.run` is false. */
  run?: BenchmarkRun;
}

/** The benchmark run, which is the last resource of an `up` and starts once all services are ready. */
export const benchmark: Service<BenchSettings, Benchmark> = {
  title: "the benchmark",
  images: ["bench"],
  settings: ({ bench }) => bench,
  deploy(context) {
    const { deployment, settings, stack, options, ready, deployed } = context;
    const cluster = deployed(kafka);
    const stackToken = deployed(token);
    if (!cluster || !stackToken) return undefined;
    const plan = benchPlan({
      deployment,
      settings,
      kafka: cluster,
      influxdb: deployed(influxdb),
      token: stackToken,
      conditions: conditionsOf(context),
      reservation: reservedNodes(stack.testbed, deployment.owner),
    });
    if (settings.benchmark.run) {
      return { plan, run: new BenchmarkRun("benchmark", { deployment, plan, after: ready }, options) };
    }
    void pulumi.log.info(
      `No benchmark was run because benchmark.run is false. To run it: npm run bench -- -s ${pulumi.getStack()}`,
    );
    return { plan };
  },
  outputs: ({ plan, run }) => ({ benchPlan: plan, benchmark: run?.summary }),
};
