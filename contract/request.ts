// What `up` and `npm run bench` ask the runner for, and how the runner is reached.
import { z } from "zod";
import { conditionsSchema, stepSchema } from "./result.ts";
import { influxTargetSchema, kafkaTargetSchema, proxyRouteSchema, TOKEN } from "./target.ts";
import { benchmarkSchema, workloadSchema } from "./workload.ts";

/** Services of the agents; on the overlay network each name gives the addresses of all its tasks. */
export const AGENT_SERVICES = { producer: "producers", consumer: "consumers" } as const;
export type AgentRole = keyof typeof AGENT_SERVICES;
/** Port that agents listen on, on the overlay network alone. */
export const AGENT_PORT = 7070;

/** The stack as the runner sees it: who is loaded, by whom, and where the live figures go. */
export const benchTargetSchema = z.strictObject({
  /** The stack's token, which agents and probes ask for. */
  token: z.string().regex(TOKEN, "expected a token that pulumi up makes"),
  kafka: kafkaTargetSchema,
  /** Jolokia of each broker, for the CPU that it uses. */
  brokerMetrics: z.array(z.strictObject({ name: z.string(), jolokiaUrl: z.url() })),
  influx: influxTargetSchema.optional(),
  /** The nodes, each of which has probes, and where the brokers are. Absent: there are no probes. */
  network: z
    .strictObject({
      nodes: z.array(z.string()).min(1),
      brokers: z.array(z.strictObject({ name: z.string(), node: z.string() })),
    })
    .optional(),
  agents: z.strictObject({
    producer: z.strictObject({ tasks: z.int().min(1) }),
    consumer: z.strictObject({ tasks: z.int().min(1) }),
  }),
  /** Of a calibration: producers, or consumers, reach the brokers through proxies. */
  via: z
    .strictObject({ producer: proxyRouteSchema.optional(), consumer: proxyRouteSchema.optional() })
    .optional(),
});
export type BenchTarget = z.output<typeof benchTargetSchema>;

/** The form of a run's name. It becomes the name of a folder. */
export const RUN_NAME = /^[0-9A-Za-z][0-9A-Za-z._-]{0,199}$/;

/** The runner's input, on standard input of the bench image's job `benchmark`. */
export const runRequestSchema = z.strictObject({
  /** <UTC time>-<scenario>-<id> */
  run: z.string().regex(RUN_NAME),
  scenario: z.string().min(1),
  target: benchTargetSchema,
  workload: workloadSchema,
  benchmark: benchmarkSchema,
  conditions: conditionsSchema,
  /** Steps of an earlier run of the same name that are done, from its events. */
  finished: z.array(stepSchema).prefault([]),
});
export type RunRequest = z.output<typeof runRequestSchema>;

/** What `up` and `npm run bench` give to cli/bench/main.ts on standard input: the request, and how to get it to the runner. */
export const benchPlanSchema = z.strictObject({
  scenario: z.string().min(1),
  /** Arguments of `ssh` up to and with the destination: the swarm's manager. */
  ssh: z.array(z.string()),
  /** The bench image, by digest. */
  image: z.string().min(1),
  /** The overlay network. */
  network: z.string().min(1),
  /** KEY=VALUE of the runner's container, so that destroy and doctor know it for ours. */
  labels: z.array(z.string()),
  target: benchTargetSchema,
  /** As the scenario has them. */
  workload: z.record(z.string(), z.unknown()),
  benchmark: z.record(z.string(), z.unknown()),
  /** What the stack knows of them: images, settings. The rest is found out by whoever starts the run. */
  conditions: z.strictObject({
    source: z.string(),
    images: z.record(z.string(), z.string()),
    settings: z.record(z.string(), z.unknown()),
    nodes: z.array(z.strictObject({ name: z.string(), role: z.string() })),
  }),
  /** Where the nodes are reserved: a run ends before they are gone. Key files by name, no secret. Absent: the nodes stay. */
  reservation: z
    .strictObject({
      sites: z
        .array(
          z.strictObject({
            /** Empty where there is one. */
            name: z.string(),
            /** How its OAR is reached (config/testbed/oar.ts). */
            settings: z.record(z.string(), z.unknown()),
            /** Begins the names of the stack's jobs there. */
            base: z.string().min(1),
          }),
        )
        .min(1),
      /** Whether a job may be lengthened where a run needs it. */
      extend: z.boolean(),
    })
    .optional(),
});
export type BenchPlan = z.output<typeof benchPlanSchema>;

/** What it prints on standard output, and the stack gives as its output `benchmark`. */
export const benchSummarySchema = z.strictObject({
  run: z.string(),
  verdict: z.string(),
  /** Of the operator's machine: the folder with run.json, events.jsonl, report.html and the plots. */
  results: z.string(),
  /** One sentence: the knee, or why there is none. */
  knee: z.string(),
  /** A line for each step, as the table that is printed has them. */
  steps: z.array(
    z.strictObject({
      values: z.record(z.string(), z.union([z.number(), z.string()])),
      offeredPerSec: z.number(),
      deliveredPerSec: z.number(),
      p50Ms: z.number().nullable(),
      p99Ms: z.number().nullable(),
      lost: z.number(),
      verdict: z.string(),
    }),
  ),
  warnings: z.array(z.string()),
});
export type BenchSummary = z.output<typeof benchSummarySchema>;
