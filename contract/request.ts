// The requests that start a benchmark: the plan of a stack for `npm run bench`, and the request for the runner.
import { z } from "zod";
import { completeBenchmarkSchema, completeWorkloadSchema } from "./completeWorkload.ts";
import type { NetworkName } from "./network.ts";
import { conditionsSchema, stepSchema } from "./result.ts";
import { scaleSchema } from "./scale.ts";
import { influxTargetSchema, kafkaTargetSchema, proxyRouteSchema, TOKEN } from "./target.ts";

/** Docker service of the agents of each role. On the overlay network its name resolves to the addresses of all its tasks. */
export const AGENT_SERVICES = { producer: "producers", consumer: "consumers" } as const;
/** What an agent hosts: logical producers or logical consumers. */
export type AgentRole = keyof typeof AGENT_SERVICES;
/** TCP and UDP port that agents listen on, on the overlay network. On the nodes' own network they have others: hostAgents.ts. */
export const AGENT_PORT = 7070;

/** The form of a prefix of names in Kafka, which leaves room for the name of a run. */
export const NAME_PREFIX = /^[0-9A-Za-z._-]{1,40}$/;

const benchTargetSchema = z.strictObject({
  /** The stack's token, which agents and probes require. */
  token: z.string().regex(TOKEN, "expected a token that pulumi up created"),
  kafka: kafkaTargetSchema,
  /** Each broker's Jolokia endpoint, from which its metrics are read, and its CPU limit; absent: it has none. */
  brokerMetrics: z.array(
    z.strictObject({ name: z.string(), jolokiaUrl: z.url(), cpuLimit: z.number().positive().optional() }),
  ),
  influx: influxTargetSchema.optional(),
  /** The nodes, each of which runs probes, and the node of each broker. Absent: the stack has no probes. */
  network: z
    .strictObject({
      nodes: z.array(z.string()).min(1),
      brokers: z.array(z.strictObject({ name: z.string(), node: z.string() })),
    })
    .optional(),
  agents: z.strictObject({
    producer: z.strictObject({ tasks: z.int().min(1) }),
    consumer: z.strictObject({ tasks: z.int().min(1) }),
    /**
     * Addresses of the nodes that may run agents, if brokers and agents use the nodes' own network. Absent: they use the
     * overlay network, where Docker's name server knows the agents.
     */
    nodeAddresses: z.array(z.ipv4()).min(1).optional(),
  }),
  /** Start of the names of the topics, consumer groups and clients of a run. Absent: none; they begin with the run's name. */
  prefix: z.string().regex(NAME_PREFIX).optional(),
  /** Set by calibrations only: producers, or consumers, reach the brokers through proxies. */
  proxyRoutes: z
    .strictObject({ producer: proxyRouteSchema.optional(), consumer: proxyRouteSchema.optional() })
    .optional(),
});
/** The stack as the runner sees it: the brokers under load, the agents that generate the load, and where live metrics go. */
export type BenchTarget = z.output<typeof benchTargetSchema>;

/** The network that brokers and agents use. */
export function networkOf({ agents }: { agents: Pick<BenchTarget["agents"], "nodeAddresses"> }): NetworkName {
  return agents.nodeAddresses === undefined ? "overlay" : "host";
}

/** The form of a run's name, which becomes the name of a folder. */
export const RUN_NAME = /^[0-9A-Za-z][0-9A-Za-z._-]{0,199}$/;

/** The runner's input, as JSON on standard input of the bench image's job `benchmark`. */
export const runRequestSchema = z.strictObject({
  /** `<UTC time>-<scenario>-<id>` */
  run: z.string().regex(RUN_NAME),
  scenario: z.string().min(1),
  target: benchTargetSchema,
  workload: completeWorkloadSchema,
  benchmark: completeBenchmarkSchema,
  conditions: conditionsSchema,
  /** Steps that the run had finished when it was interrupted, read from its events. */
  finished: z.array(stepSchema).prefault([]),
  /** How its loads are scaled, if that is known before: from the session before, or the first run of a comparison. */
  scale: scaleSchema.optional(),
});
/** One run, as the runner gets it: {@link runRequestSchema}. */
export type RunRequest = z.output<typeof runRequestSchema>;

/** What a stack passes to `swarmbench bench`: the benchmark, and how to start the runner. It contains passwords. */
export const benchPlanSchema = z.strictObject({
  scenario: z.string().min(1),
  /** Arguments of `ssh`, up to and including the destination: the swarm's manager. */
  ssh: z.array(z.string()),
  /** The bench image, by digest. */
  image: z.string().min(1),
  /** Name of the overlay network. */
  network: z.string().min(1),
  /** Labels of the runner's container as KEY=VALUE, by which destroy and doctor recognise it as created by this stack. */
  labels: z.array(z.string()),
  target: benchTargetSchema,
  workload: completeWorkloadSchema,
  benchmark: completeBenchmarkSchema,
  /** The conditions that the stack knows: images and settings. `swarmbench bench` adds the others. */
  conditions: z.strictObject({
    source: z.string(),
    images: z.record(z.string(), z.string()),
    settings: z.record(z.string(), z.unknown()),
    nodes: z.array(z.strictObject({ name: z.string(), role: z.string() })),
  }),
  /**
   * The nodes, the manager first, if the benchmark has faults: by host name, with a shell command line that reaches it, the prefix
   * of commands as root, and the container on this machine that is a local node.
   */
  faultNodes: z
    .array(
      z.strictObject({
        name: z.string(),
        ssh: z.string(),
        sudo: z.string(),
        container: z.string().optional(),
      }),
    )
    .optional(),
  /**
   * The reservation of the nodes, which a run must not outlast. It names key files and contains no secret. Absent: the nodes
   * are not reserved.
   */
  reservation: z
    .strictObject({
      sites: z
        .array(
          z.strictObject({
            /** Empty if there is only one site. */
            name: z.string(),
            /** Connection settings of the site's OAR (config/testbed/oar.ts). */
            settings: z.record(z.string(), z.unknown()),
            /** Prefix of the names of the stack's jobs there. */
            base: z.string().min(1),
          }),
        )
        .min(1),
      /** Whether a run may extend the walltime of a job. */
      extend: z.boolean(),
    })
    .optional(),
});
/** The plan of a stack: {@link benchPlanSchema}. */
export type BenchPlan = z.output<typeof benchPlanSchema>;

const benchSummarySchema = z.strictObject({
  run: z.string(),
  verdict: z.string(),
  /** Folder on the operator's machine with run.json, events.jsonl, report.html and the plots. */
  results: z.string(),
  /** One sentence: the knee, or why there is none. */
  knee: z.string(),
  /** The same for each other SLO of the search. Absent: it has one SLO. */
  otherKnees: z.array(z.string()).optional(),
  /** One sentence: how the loads were scaled. Absent: they were not. */
  scale: z.string().optional(),
  /** One entry per step, with the columns of the printed table. */
  steps: z.array(
    z.strictObject({
      values: z.record(z.string(), z.union([z.number(), z.string()])),
      offeredPerSec: z.number(),
      deliveredPerSec: z.number(),
      /** The throughput; null: not known. Absent in older runs. */
      receivedPerSec: z.number().nullable().optional(),
      p50Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
      lost: z.number(),
      verdict: z.string(),
    }),
  ),
  warnings: z.array(z.string()),
});
/** The summary that `swarmbench bench` prints on standard output, which becomes the stack's output `benchmark`. */
export type BenchSummary = z.output<typeof benchSummarySchema>;
