// The descriptor of a service's configuration, and options that several services share.
import type { z } from "zod";
import { cpuCount, memorySize, wholeNumber, yesOrNo } from "../../contract/units.ts";
import type { PlacementNode } from "../kafka/topology.ts";

/** Other settings that the checks of a service use. */
export interface ServiceContext {
  /** The usable nodes; empty if their settings are invalid. */
  nodes: readonly PlacementNode[];
  /** Port of the image registry; undefined if that setting is invalid. */
  registryPort?: number;
}

/** Properties of other services that defaults depend on. */
export interface OtherServices {
  /** Whether clients connect to Kafka over TLS; false if Kafka is switched off. */
  kafkaEncrypts: boolean;
}

/** Describes a service's configuration: its options, and the settings derived from them. */
export interface ServiceConfig<S extends z.ZodType, T> {
  /** The service's name in messages, such as InfluxDB. */
  title: string;
  /** The schema of its configuration key. */
  schema: S;
  /** Keys of the services that this one depends on. */
  needs?: readonly string[];
  /** Returns the settings for the deployment; undefined if the service is switched off. */
  settings(parsed: z.output<S>, others: OtherServices): T | undefined;
  /** Errors that involve several options, as lines of `path: what is wrong`. Only called for an enabled service. */
  errors?(parsed: z.output<S>, context: ServiceContext): string[];
  /**
   * Official images that the service runs unchanged, as `name:version`, by their key in installation.json. Images that
   * need a Dockerfile are in `cli/setup/imageDefinitions.ts` instead.
   */
  images?: Readonly<Record<string, string>>;
}

/** Declares a service. It returns its argument and lets the compiler infer the types. */
export function defineService<S extends z.ZodType, T>(service: ServiceConfig<S, T>): ServiceConfig<S, T> {
  return service;
}

/** Limits of a service's task. Default: none. */
export interface Limits {
  /** CPU limit, in CPUs. */
  cpus?: number;
  /** Memory limit, in MiB. */
  memoryMiB?: number;
}

/** Options that limit each task of a service. */
export const limits = {
  cpus: cpuCount
    .optional()
    .describe(
      "CPU limit of each task, in CPUs. Limit Kafka to measure brokers of a known size, and other services to leave CPU time for Kafka and the agents.",
    ),
  // With less, no service starts: its task is killed again and again.
  memory: memorySize(64, "a service")
    .optional()
    .describe("Memory limit of each task. A task that uses more is killed and restarted."),
};

/** Converts parsed limits to {@link Limits}. */
export function limitsOf({ cpus, memory }: { cpus?: number; memory?: number }): Limits {
  return { cpus, memoryMiB: memory };
}

/** Option that can switch a service off. */
export const enabled = yesOrNo.prefault(true).describe("`false` leaves the service out.");

/** Option that can require a service or switch it off. By default it depends on its image. */
export const enabledWhereAvailable = yesOrNo.optional().meta({
  description: "`true`: `up` fails if setup has no image of the service. `false`: the service is left out.",
  whenAbsent: "`true` if setup has its image, otherwise `false`",
});

/** Option that rotates a service's secrets. */
export const rotation = wholeNumber(0, 1_000_000)
  .prefault(0)
  .describe(
    "Change this number to rotate the service's passwords, tokens and keys. Every service that uses them gets the new ones.",
  );
