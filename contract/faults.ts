// Faults as steps of a run: the option `benchmark.faults`, and the record of what a fault really did.
import { z } from "zod";
import { brokerTarget, faultTarget, parseFaultTarget } from "./faultTarget.ts";
import { wholeNumber } from "./units.ts";
import { shortTime } from "./workloadFields.ts";

/** The directions in which a broker can be cut off. */
const CUT_DIRECTIONS = ["in", "out", "both"] as const;
/** From whom a broker can be cut off. `brokers`: the other brokers and the controllers; `clients`: everybody else. */
const CUT_SCOPES = ["all", "brokers", "clients"] as const;

/** Longest list of brokers that a broker is cut off from. */
const MOST_PEERS = 100;

const linkNumber = (least: number, most: number) => {
  const expected = `expected a number from ${least} to ${most.toLocaleString("en")}`;
  return z.number(expected).min(least, expected).max(most, expected);
};

/** The options that only some kinds of faults have. */
const optionSchemas = {
  cpus: wholeNumber(1, 1_024)
    .optional()
    .describe("Only for cpu-hog: how many CPUs it keeps busy. Default: all CPUs of the node."),
  memoryMiB: wholeNumber(16, 16 * 1_024 * 1_024)
    .optional()
    .describe(
      "Only for memory-hog, which requires it: how much memory it takes, in MiB. It is not executed if the node would have less than 256 MiB left.",
    ),
  direction: z
    .enum(CUT_DIRECTIONS, `expected ${CUT_DIRECTIONS.join(", ")}`)
    .optional()
    .describe(
      "Only for broker-cut: in (nothing reaches the broker), out (nothing leaves it) or both. Default: both.",
    ),
  from: z
    .union(
      [z.enum(CUT_SCOPES), z.array(brokerTarget).min(1).max(MOST_PEERS)],
      `expected ${CUT_SCOPES.join(", ")}, or a list of brokers such as ["broker 2"]`,
    )
    .optional()
    .describe(
      'Only for broker-cut: brokers (the other brokers and controllers; clients still reach it), clients (everybody else), all, or a list of brokers such as ["broker 2"] (only these). Default: all.',
    ),
  rateMbit: linkNumber(0.1, 100_000)
    .optional()
    .describe("Only for broker-link: the largest rate, in Mbit/s. It needs the kernel's tbf."),
  delayMs: linkNumber(0.1, 10_000)
    .optional()
    .describe("Only for broker-link: how much later each packet leaves, in ms. It needs the kernel's netem."),
  lossPercent: linkNumber(0.01, 100)
    .optional()
    .describe("Only for broker-link: the share of packets that are dropped. It needs the kernel's netem."),
};
/** Name of an option that only some kinds of faults have. */
export type FaultOption = keyof typeof optionSchemas;
const OPTION_NAMES = Object.keys(optionSchemas) as FaultOption[];

/** Schema of {@link FaultOptions}. */
export const faultOptionsSchema = z.strictObject(optionSchemas);
/** The options of a fault that only its kind has; without those that are not set. */
export type FaultOptions = z.output<typeof faultOptionsSchema>;

/** Swarm needs this long for a new task. */
const MOMENT_SEC = 5;

/** What each kind of fault does. */
interface FaultKind {
  /** Whether it is kept up for `duration`. false: it happens at one moment, and swarm starts the broker again. */
  lasts: boolean;
  /** Whether it disturbs a consumer instead of a broker. The runner executes it; the others are executed on the broker's node. */
  ofConsumer?: true;
  description: string;
  /** How long it affects its target at least, s. Default: {@link MOMENT_SEC} for one without duration, otherwise 0. */
  effectSec?: number;
  /** How long it affects its target after its end, s, as while the target starts. Default: 0. */
  afterSec?: number;
  /** Its own options, of {@link optionSchemas}. */
  options?: readonly FaultOption[];
}

/**
 * The kinds of faults, by name. A further kind of brokers also needs what it does in lib/faults/node/fault.sh (`act`), and how it
 * is undone in lib/faults/node/common.sh (`undo`).
 */
export const FAULT_KINDS = {
  "broker-pause": {
    lasts: true,
    description: "freezes the broker's processes (docker pause) for the duration",
  },
  "broker-stop": {
    lasts: true,
    description: "stops the broker in order (SIGTERM), and keeps it away for the duration",
  },
  "broker-kill": { lasts: false, description: "kills the broker (SIGKILL); swarm starts it again" },
  "broker-restart": {
    lasts: false,
    description: "stops the broker in order (SIGTERM, SIGKILL after 30 s); swarm starts it again",
  },
  "broker-cut": {
    lasts: true,
    description: "drops the broker's packets by a firewall rule for the duration (see direction and from)",
    options: ["direction", "from"],
  },
  "broker-link": {
    lasts: true,
    description:
      "slows or drops the packets that leave the broker for the duration (see rateMbit, delayMs, lossPercent)",
    options: ["rateMbit", "delayMs", "lossPercent"],
  },
  "cpu-hog": {
    lasts: true,
    description: "keeps the CPUs of the broker's node busy for the duration (see cpus)",
    options: ["cpus"],
  },
  "memory-hog": {
    lasts: true,
    description: "takes memory of the broker's node for the duration (see memoryMiB)",
    options: ["memoryMiB"],
  },
  "engine-kill": {
    lasts: false,
    // The new engine ends the containers that ran on. systemd gives up if it has to start it too often in a minute.
    effectSec: 60,
    description:
      "kills the Docker engine of the broker's node (SIGKILL); the node's init system starts it again, and swarm the broker",
  },
  "node-kill": {
    lasts: true,
    afterSec: 30,
    description:
      "kills the machine of the broker's node, with all that runs there, and starts it again after the duration; local nodes only",
  },
  "disk-full": {
    lasts: true,
    afterSec: 20,
    description:
      "the broker's writes to its files fail for the duration, as on a full or read-only disk; it ends then, and swarm starts it again",
  },
  "consumer-leave": {
    lasts: true,
    ofConsumer: true,
    description:
      "one consumer of each group leaves in order, and a new one joins after the duration: the group rebalances twice",
  },
  "consumer-kill": {
    lasts: true,
    ofConsumer: true,
    // Longer than its session (bench/clients), before which no other one can take its place.
    effectSec: 35,
    description:
      "one consumer of each group dies without a commit and without leaving, so that its group waits for the session timeout of 30 s; a new one joins after the duration",
  },
} as const satisfies Record<string, FaultKind>;
/** Name of a kind of fault. */
export type FaultName = keyof typeof FAULT_KINDS;
/** The names of all kinds of faults. */
export const FAULT_NAMES = Object.keys(FAULT_KINDS) as [FaultName, ...FaultName[]];

/** How long a step must go on after the start of a fault, s. @param durationSec null: it happens at one moment */
export function lengthSec(fault: FaultName, durationSec: number | null): number {
  const { effectSec = MOMENT_SEC }: FaultKind = FAULT_KINDS[fault];
  return durationSec ?? effectSec;
}

/** How long a fault affects its target, so that no other fault may hit it, s. */
export function effectSec(fault: FaultName, durationSec: number | null): number {
  const { effectSec: least = 0, afterSec = 0 }: FaultKind = FAULT_KINDS[fault];
  return Math.max(least, lengthSec(fault, durationSec) + afterSec);
}

/** Whether a fault disturbs a consumer, and the runner executes it. */
export function isOfConsumer(fault: FaultName): boolean {
  const { ofConsumer }: FaultKind = FAULT_KINDS[fault];
  return ofConsumer === true;
}

/** A fault begins at the earliest this long after the measured time began, in seconds, so that a step shows its load without it. */
export const LEAST_AT_SEC = 5;
/** Longest list of faults, with their repetitions. */
export const MOST_FAULTS = 1_000;

const faultSchema = z
  .strictObject({
    at: shortTime.describe(
      `When it begins, from the start of a step's measured time, at least ${LEAST_AT_SEC} seconds.`,
    ),
    fault: z.enum(FAULT_NAMES, `expected one of ${FAULT_NAMES.join(", ")}`).describe(
      `What happens. ${Object.entries(FAULT_KINDS)
        .map(([name, { description }]) => `${name}: ${description}.`)
        .join(" ")}`,
    ),
    target: faultTarget.describe(
      "Which broker: `broker 1` (numbered from 1), `all brokers`, `leader of partition 0`, `follower of partition 0` (of the step's topic), or `controller` (the active one). A role is looked up just before the fault. For consumer-leave and consumer-kill: `consumer 1` (numbered from 1 in each group).",
    ),
    duration: shortTime
      .optional()
      .describe(
        `How long it lasts, at least 1 second. Only for ${FAULT_NAMES.filter((name) => FAULT_KINDS[name].lasts).join(", ")}, which require it.`,
      ),
    ...optionSchemas,
    repeat: wholeNumber(1, MOST_FAULTS).optional().describe("How often it happens. Default: once."),
    every: shortTime.optional().describe("From the start of one repetition to the next. Needs repeat."),
  })
  .superRefine((entry, context) => {
    const { at, fault, duration, repeat, every } = entry;
    const add = (name: string, message: string) =>
      context.addIssue({ code: "custom", path: [name], message });
    if (at < LEAST_AT_SEC)
      add("at", `expected at least ${LEAST_AT_SEC} seconds, so that the step shows its load without it`);
    if (FAULT_KINDS[fault].lasts && duration === undefined)
      add("duration", `${fault} needs a duration, such as "5 seconds"`);
    if (!FAULT_KINDS[fault].lasts && duration !== undefined)
      add("duration", `${fault} has no duration, because swarm starts the broker again; remove it`);
    if (duration !== undefined && duration < 1) add("duration", "expected at least 1 second");
    for (const [name, message] of [...targetErrors(entry), ...optionErrors(entry)]) add(name, message);
    if ((repeat ?? 1) > 1 && every === undefined)
      add("every", `repeat needs the time between two of them, such as every: "30 seconds"`);
    if (every !== undefined && repeat === undefined)
      add("repeat", "every needs the number of repetitions, such as repeat: 3");
  });

/** Whether a fault hits a broker or a consumer must fit its target. */
function* targetErrors({ fault, target }: { fault: FaultName; target: string }): Generator<[string, string]> {
  const isConsumer = parseFaultTarget(target)?.kind === "consumer";
  if (isOfConsumer(fault) && !isConsumer) yield ["target", `${fault} needs a consumer, such as consumer 1`];
  if (!isOfConsumer(fault) && isConsumer) yield ["target", `${fault} needs a broker, such as broker 1`];
}

/** What is wrong with the options that only some kinds have: the option, and the message. */
function* optionErrors(entry: { fault: FaultName } & FaultOptions): Generator<[string, string]> {
  const { fault } = entry;
  const given = OPTION_NAMES.filter((name) => entry[name] !== undefined);
  for (const name of given.filter((name) => !hasOption(fault, name))) {
    const kinds = FAULT_NAMES.filter((kind) => hasOption(kind, name));
    yield [name, `only ${kinds.join(", ")} has ${name}; remove it`];
  }
  if (fault === "memory-hog" && entry.memoryMiB === undefined)
    yield ["memoryMiB", "memory-hog needs the memory that it takes, such as memoryMiB: 512"];
  if (fault === "broker-link" && !given.some((name) => hasOption(fault, name)))
    yield ["fault", "broker-link needs at least one of rateMbit, delayMs and lossPercent"];
}

function hasOption(fault: FaultName, name: FaultOption): boolean {
  const { options = [] }: FaultKind = FAULT_KINDS[fault];
  return options.includes(name);
}

/** The options of a fault that only its kind has. */
export function optionsOf(fault: Fault): FaultOptions {
  return Object.fromEntries(
    OPTION_NAMES.flatMap((name) => (fault[name] === undefined ? [] : [[name, fault[name]]])),
  );
}

/** One entry of `benchmark.faults`, parsed: times in seconds, the target as normalised text. */
export type Fault = z.output<typeof faultSchema>;

/** Schema of `benchmark.faults`. */
export const faultsSchema = z.array(faultSchema).max(100, "expected at most 100 faults");

/** What says which fault of a step it is, in its announcement (result.ts) and in its record. */
export const faultFields = {
  /** Number of the step, from 1. */
  step: z.int().min(1),
  /** Number of the fault in its step, from 1, in the order of their planned times. */
  number: z.int().min(1),
  fault: z.enum(FAULT_NAMES),
  /** The target as the scenario names it. */
  target: z.string(),
  /** Names of the brokers or consumers to hit, such as `broker-2`; in a record, of those that were really hit. Empty: none. */
  hit: z.array(z.string()),
  /** Seconds after the start of the measured time. */
  plannedAtSec: z.number(),
  /** How long it is to last, s; null: it happens at one moment. */
  plannedSec: z.number().nullable(),
};

/**
 * What became of one fault of a step. Times are of the wall clock of the machine on which the fault was executed, which the
 * stack synchronises; ms since 1970.
 */
export const faultRecordSchema = z.strictObject({
  ...faultFields,
  /** When it began; null: it did not. With several brokers: when the first was hit. */
  startedAt: z.number().nullable(),
  /**
   * When it was undone; for a killed or restarted broker: when its new container was started, before Kafka serves. null: still
   * under way, or not known. With several brokers: when the last was undone.
   */
  endedAt: z.number().nullable(),
  /** `startedAt` and `endedAt` are exact to within this, in ms; null: it did not begin. It does not include clock errors. */
  uncertainMs: z.number().nullable(),
  /** What went wrong; null: nothing. */
  error: z.string().nullable(),
});
/** What became of one fault of a step: {@link faultRecordSchema}. */
export type FaultRecord = z.output<typeof faultRecordSchema>;

/** The record of a fault that has been announced and has not begun. @param due its announcement (result.ts) */
export function announcedRecord(
  due: Omit<FaultRecord, "startedAt" | "endedAt" | "uncertainMs">,
): FaultRecord {
  const { step, number, fault, target, plannedAtSec, plannedSec, error } = due;
  const planned = { step, number, fault, target, plannedAtSec, plannedSec, error };
  return { ...planned, hit: [], startedAt: null, endedAt: null, uncertainMs: null };
}
