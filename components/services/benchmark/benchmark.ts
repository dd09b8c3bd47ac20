import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { BenchSettings } from "../../../config/benchmark.ts";
import type { BenchPlan } from "../../../contract/request.ts";
import { sshArguments } from "../../../lib/ssh.ts";
import type { StackSite } from "../../../testbeds/oar/names.ts";
import type { Deployment } from "../../lib/deployment.ts";
import type { Node } from "../../lib/node.ts";
import { labels } from "../../lib/ownership.ts";
import { nodesOf } from "../../lib/placement.ts";
import { nodeOutput } from "../../nodes/outputs.ts";
import type { InfluxDb } from "../influxdb/influxdb.ts";
import type { Kafka } from "../kafka/kafka.ts";
import type { StackToken } from "../token/token.ts";

/** Runs the same program as `npm run bench`. */
const RUN = "node swarmbench.mjs bench --from-up";

/** The OAR sites that the nodes are reserved at. The settings contain paths of key files, but no secrets. */
export interface ReservedNodes {
  sites: readonly StackSite[];
  /** Whether a run may extend the walltime of jobs that would end too early. */
  extend: boolean;
}

interface PlanArgs {
  deployment: Deployment;
  settings: BenchSettings;
  kafka: Kafka;
  influxdb: InfluxDb | undefined;
  token: StackToken;
  /** Properties of the stack that can change the results. */
  conditions: pulumi.Input<BenchPlan["conditions"]>;
  reservation?: ReservedNodes | undefined;
  /** The CPU limit of a broker, in CPUs; undefined: it has none. */
  cpuLimitOf(broker: string): number | undefined;
}

/** Returns the plan of a run: its input, and how to reach the runner. It is a secret, because it contains passwords. */
export function benchPlan({
  deployment,
  settings,
  kafka,
  influxdb,
  token,
  conditions,
  reservation,
  cpuLimitOf,
}: PlanArgs): pulumi.Output<BenchPlan> {
  const { manager, network } = deployment.swarm;
  const { workload, benchmark } = settings;
  const brokerMetrics = kafka.jolokia
    .filter(({ roles }) => roles.includes("broker"))
    .map(({ name, jolokiaUrl }) => ({ name, jolokiaUrl, cpuLimit: cpuLimitOf(name) }));
  const probed = { nodes: deployment.nodes.map(({ hostname }) => hostname), brokers: kafka.brokers };
  const plan = pulumi.output({
    scenario: pulumi.getStack(),
    ssh: sshArguments(manager.ssh),
    image: deployment.images.ref("bench"),
    network: network.name,
    labels: labels(deployment.owner).map(({ label, value }) => `${label}=${value}`),
    target: {
      token: token.value,
      kafka: kafka.target,
      brokerMetrics,
      influx: influxdb?.target(influxdb.writeToken),
      network: benchmark.network.enabled ? probed : undefined,
      agents: agentsOf(deployment, settings),
    },
    workload,
    // `benchmark.run` decides whether `up` runs the plan; it is no part of what the plan asks for.
    benchmark: { ...benchmark, run: true },
    conditions,
    faultNodes: benchmark.faults?.length ? deployment.nodes.map(faultNode) : undefined,
    reservation: reservation ? connectionOf(reservation) : undefined,
  });
  return pulumi.secret(plan).apply((document) => document as unknown as BenchPlan);
}

/** A node, as the faults of a run reach it. */
function faultNode(node: Node) {
  const { hostname: name, ssh, sudo, container } = nodeOutput(node);
  return { name, ssh, sudo, container };
}

/** The agents, and where the runner looks for them if they are on the nodes' own network. */
function agentsOf(
  { hostNetwork, nodes }: Deployment,
  { producers, consumers }: BenchSettings,
): BenchPlan["target"]["agents"] {
  const agents = { producer: { tasks: producers.tasks }, consumer: { tasks: consumers.tasks } };
  if (!hostNetwork) return agents;
  return { ...agents, nodeAddresses: nodesOf("agent", nodes).map(({ address }) => address) };
}

/** How to connect to OAR, without the options of the reservation: a longer walltime must not cause a new run. */
function connectionOf({ sites, extend }: ReservedNodes): BenchPlan["reservation"] {
  return {
    sites: sites.map(({ name, settings, base }) => {
      const {
        walltimeSec,
        timeoutSec,
        queue,
        properties,
        jobName,
        types,
        start,
        environment,
        ...connection
      } = settings;
      return { name, settings: connection, base };
    }),
    extend,
  };
}

interface BenchmarkArgs {
  deployment: Deployment;
  plan: pulumi.Output<BenchPlan>;
  /** Resolve once the services are ready. An earlier run would measure their start. */
  after: readonly pulumi.Output<unknown>[];
}

/**
 * The last resource of `pulumi up`: runs the benchmark on the stack, and runs it again when any of its input has changed,
 * such as workload, brokers, agents or the bench image. It gets its input on standard input, so that no secret appears in
 * arguments or in the environment. If the run fails, `up` fails, and the next `up` runs it again.
 */
export class BenchmarkRun extends pulumi.ComponentResource {
  /** A `BenchSummary` (contract/request.ts). */
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
