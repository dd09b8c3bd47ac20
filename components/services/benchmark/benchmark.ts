import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { BenchSettings } from "../../../config/benchmark.ts";
import type { BenchPlan } from "../../../contract/request.ts";
import { sshArguments } from "../../../lib/ssh.ts";
import type { StackSite } from "../../../testbeds/oar/names.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { labels } from "../../lib/ownership.ts";
import type { InfluxDb } from "../influxdb/influxdb.ts";
import type { Kafka } from "../kafka/kafka.ts";

/** The same program as `npm run bench`. */
const RUN = "node swarmbench.mjs bench --from-up";

/** Where the nodes are reserved. Settings name files of keys, and have no secret. */
export interface ReservedNodes {
  sites: readonly StackSite[];
  /** Whether a run may lengthen the jobs that it needs for longer. */
  extend: boolean;
}

interface PlanArgs {
  deployment: Deployment;
  settings: BenchSettings;
  kafka: Kafka;
  influxdb: InfluxDb | undefined;
  /** Of the stack: what tells on the figures. */
  conditions: pulumi.Input<BenchPlan["conditions"]>;
  reservation?: ReservedNodes | undefined;
}

/** What a run is told, and how the runner is reached: a secret, for it has the passwords. */
export function benchPlan({
  deployment,
  settings,
  kafka,
  influxdb,
  conditions,
  reservation,
}: PlanArgs): pulumi.Output<BenchPlan> {
  const { manager, network } = deployment.swarm;
  const { producers, consumers, workload, benchmark } = settings;
  const { run: _, ...measured } = benchmark;
  const brokerMetrics = kafka.jolokia
    .filter(({ roles }) => roles.includes("broker"))
    .map(({ name, jolokiaUrl }) => ({ name, jolokiaUrl }));
  const probed = { nodes: deployment.nodes.map(({ hostname }) => hostname), brokers: kafka.brokers };
  const influx = influxdb && {
    url: influxdb.url,
    org: influxdb.organization,
    bucket: influxdb.bucket,
    token: influxdb.writeToken,
  };
  const plan = pulumi.output({
    scenario: pulumi.getStack(),
    ssh: sshArguments(manager.ssh),
    image: deployment.images.ref("bench"),
    network: network.name,
    labels: labels(deployment.owner).map(({ label, value }) => `${label}=${value}`),
    target: {
      kafka: kafka.target,
      brokerMetrics,
      influx,
      network: benchmark.network.enabled ? probed : undefined,
      agents: { producer: { tasks: producers.tasks }, consumer: { tasks: consumers.tasks } },
    },
    workload,
    benchmark: measured,
    conditions,
    reservation: reservation ? watched(reservation) : undefined,
  });
  return pulumi.secret(plan).apply((document) => document as unknown as BenchPlan);
}

/** How OAR is reached, and not what was asked of it: a longer walltime is no reason to measure again. */
function watched({ sites, extend }: ReservedNodes): BenchPlan["reservation"] {
  return {
    sites: sites.map(({ name, settings, base }) => {
      const { walltimeSec, timeoutSec, queue, properties, jobName, types, start, environment, ...reached } =
        settings;
      return { name, settings: reached, base };
    }),
    extend,
  };
}

interface BenchmarkArgs {
  deployment: Deployment;
  plan: pulumi.Output<BenchPlan>;
  /** Resolve once the parts serve; a run that began before would measure their start. */
  after: readonly pulumi.Output<unknown>[];
}

/**
 * The last resource of `pulumi up`: runs the benchmark on the stack, and again whenever anything that it is told has
 * changed: workload, brokers, agents, the bench image. Its input is on standard input, so that no secret is in arguments or
 * in the environment. A run that failed has failed `up`, and the next `up` runs it again.
 */
export class BenchmarkRun extends pulumi.ComponentResource {
  /** BenchSummary of contract/request.ts. */
  readonly summary: pulumi.Output<unknown>;

  constructor(
    name: string,
    { deployment, plan, after }: BenchmarkArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("swarmbench:stack:Benchmark", name, {}, options);
    const command = new local.Command(
      `${name}-run`,
      {
        create: RUN,
        stdin: pulumi.all([plan, ...after]).apply(([document]) => JSON.stringify(document)),
        interpreter: ["/bin/sh", "-c"],
        logging: local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      { parent: this, deletedWith: deployment.swarm.manager.machine },
    );
    this.summary = pulumi.unsecret(command.stdout).apply((text) => (text ? JSON.parse(text) : undefined));
    this.registerOutputs({ summary: this.summary });
  }
}
