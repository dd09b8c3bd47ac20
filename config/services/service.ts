// What every service of the stack has in common: its descriptor, and the options that several of them share.
import type { z } from "zod";
import { cpuCount, memorySize, wholeNumber, yesOrNo } from "../../contract/units.ts";
import type { Place } from "../kafka/topology.ts";

/** What of the other settings the checks of a service need. */
export interface ServiceContext {
  /** The nodes that are used; none where their settings are wrong themselves. */
  nodes: readonly Place[];
  /** Port of the image registry; undefined where that setting is wrong itself. */
  registryPort?: number;
}

/** A service of the stack: its options, and what the components get of them. */
export interface ServiceConfig<S extends z.ZodType, T> {
  /** The service's name in messages, such as InfluxDB. */
  title: string;
  /** The schema of its configuration key. */
  schema: S;
  /** Keys of the services without which this one is of no use. */
  needs?: readonly string[];
  /** What the components get; undefined where the service is switched off. */
  settings(parsed: z.output<S>): T | undefined;
  /** Errors beyond the form of each option, as lines of `path: what is wrong`; only asked of a service that is enabled. */
  errors?(parsed: z.output<S>, context: ServiceContext): string[];
}

/** Declares a service; it only helps the compiler to infer the types. */
export function defineService<S extends z.ZodType, T>(service: ServiceConfig<S, T>): ServiceConfig<S, T> {
  return service;
}

/** Limits of a service's task; none where absent. */
export interface Limits {
  /** In CPUs. */
  cpus?: number;
  memoryMiB?: number;
}

/** Options that limit each task of a service. */
export const limits = {
  cpus: cpuCount
    .optional()
    .describe(
      "CPU limit of each task, in CPUs. Set it to measure a service of a known size, or to leave CPU time for what is measured.",
    ),
  // With less, no service starts: its task would be killed again and again.
  memory: memorySize(64, "a service")
    .optional()
    .describe("Memory limit of each task. A task that uses more is killed and restarted."),
};

/** The limits as the components take them. */
export function limitsOf({ cpus, memory }: { cpus?: number; memory?: number }): Limits {
  return { cpus, memoryMiB: memory };
}

/** Option that switches a service off. */
export const enabled = yesOrNo.prefault(true).describe("`false` leaves the service out.");

/** Option that switches a service off whose image exists from its maker only. */
export const enabledWhereAvailable = yesOrNo.optional().meta({
  description:
    "`true`: `up` fails if the service's image is not available. `false`: the service is left out.",
  whenAbsent: "`true` if its image is available, otherwise `false`",
});

/** Option that renews a service's secrets. */
export const rotation = wholeNumber(0, 1_000_000)
  .prefault(0)
  .describe(
    "Change this number to renew the service's passwords, tokens and keys; every service that uses them gets the new ones.",
  );
