// What `up` and `npm run bench` ask the runner for, and how the runner is reached.
import { z } from "zod";
import { conditionsSchema } from "./result";
import { influxTargetSchema, kafkaTargetSchema } from "./target";
import { benchmarkSchema, workloadSchema } from "./workload";

/** Services of the agents; on the overlay network each name gives the addresses of all its tasks. */
export const AGENT_SERVICES = { producer: "producers", consumer: "consumers" } as const;
export type AgentRole = keyof typeof AGENT_SERVICES;
/** Port that agents listen on, on the overlay network alone. */
export const AGENT_PORT = 7070;

/** The stack as the runner sees it: who is loaded, by whom, and where the live figures go. */
export const benchTargetSchema = z.strictObject({
  kafka: kafkaTargetSchema,
  /** Jolokia of each broker, for the CPU that it uses. */
  brokerMetrics: z.array(z.strictObject({ name: z.string(), jolokiaUrl: z.url() })),
  influx: influxTargetSchema.optional(),
  agents: z.strictObject({
    producer: z.strictObject({ tasks: z.int().min(1) }),
    consumer: z.strictObject({ tasks: z.int().min(1) }),
  }),
});
export type BenchTarget = z.output<typeof benchTargetSchema>;

/** The runner's input, on standard input of the bench image's job `run`. */
export const runRequestSchema = z.strictObject({
  /** <UTC time>-<scenario>-<id> */
  run: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z._-]*$/),
  scenario: z.string().min(1),
  target: benchTargetSchema,
  workload: workloadSchema,
  benchmark: benchmarkSchema,
  conditions: conditionsSchema,
  /** Steps of an earlier run of the same name that are done, from its events. */
  finished: z.array(z.unknown()).prefault([]),
});
export type RunRequest = z.output<typeof runRequestSchema>;
