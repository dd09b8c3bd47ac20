import type { Command } from "commander";
import { NAME_PREFIX } from "../../contract/request.ts";
import { LEAST_STEPS } from "../../results/compare/significance.ts";
import { refuse } from "../lib/command.ts";
import { pathOption, userPath } from "../lib/userPaths.ts";

/** Options that are shorthand for `--set`, and the setting of each. */
export const SHORT_SETTINGS = {
  producers: "producers",
  rate: "rate",
  totalRate: "totalRate",
  consumers: "consumers",
  groups: "groups",
  topics: "topics",
  partitions: "partitions",
  messageBytes: "messageBytes",
  acks: "acks",
  client: "client",
  duration: "duration",
} as const;

/** The options for a Kafka cluster that is not part of a stack. */
export interface KafkaOptions {
  /** Addresses, separated by commas. */
  bootstrap?: string;
  /** File of client properties. */
  properties?: string;
  /** File with the workload. */
  file?: string;
  /** Start of the names of topics, groups and clients. */
  prefix: string;
  /** Processes of each role. Absent: by the CPUs of this machine. */
  agents?: number;
  /** The options of {@link SHORT_SETTINGS}, in the form of `--set`. */
  changes: string[];
}

/** The options of `swarmbench bench`. */
export interface Arguments {
  stack: string;
  set: string[];
  /** Absolute path of the run to continue. */
  resume?: string;
  aba: boolean;
  /** Runs of each side of --aba. */
  replicates: number;
  failOnSlo: boolean;
  failOnWorse: boolean;
  /** Absolute path of the JUnit file to write. */
  junit?: string;
  stop: boolean;
  /** Absolute path. */
  results: string;
  /** Run by `pulumi up`: reads the plan from standard input and prints the summary on standard output. */
  fromUp: boolean;
  /** The Kafka cluster to measure instead of a stack. */
  kafka?: KafkaOptions;
}

type Given = Arguments & Partial<KafkaOptions> & { [name in keyof typeof SHORT_SETTINGS]?: string };

/** Reads the options of `swarmbench bench`. @throws SwarmbenchError when they contradict each other */
export function readArguments(command: Command): Arguments {
  const args = command.opts<Given>();
  if (args.aba && args.set.length === 0) {
    refuse(command, "--aba needs --set: the settings that differ in B");
  }
  if (args.aba && args.resume !== undefined) refuse(command, "--aba and --resume cannot be combined");
  if (!Number.isInteger(args.replicates) || args.replicates < LEAST_STEPS) {
    refuse(command, `--replicates: expected a whole number of at least ${LEAST_STEPS}`);
  }
  const kafka = kafkaOptions(command, args);
  if (args.failOnWorse && !args.aba) refuse(command, "--fail-on-worse needs --aba");
  const { stack, set, aba, replicates, failOnSlo, failOnWorse, stop, fromUp } = args;
  return {
    stack,
    set,
    resume: args.resume === undefined ? undefined : userPath(args.resume),
    aba,
    replicates,
    failOnSlo,
    failOnWorse,
    junit: args.junit === undefined ? undefined : userPath(args.junit),
    stop,
    results: pathOption(command, "results"),
    fromUp,
    ...(kafka ? { kafka } : {}),
  };
}

/** The options for a Kafka cluster; undefined: a stack is measured. */
function kafkaOptions(command: Command, args: Given): KafkaOptions | undefined {
  const { bootstrap, properties, file, prefix = "", agents } = args;
  const changes = Object.entries(SHORT_SETTINGS).flatMap(([name, setting]) => {
    const value = args[name as keyof typeof SHORT_SETTINGS];
    return value === undefined ? [] : [`${setting}=${value}`];
  });
  if (bootstrap === undefined && properties === undefined) {
    const options = ["file", "agents", "prefix", ...Object.keys(SHORT_SETTINGS)];
    const given = options.find((name) => command.getOptionValueSource(name) === "cli");
    const option = command.options.find((each) => each.attributeName() === given);
    if (option) refuse(command, `${option.long} needs --bootstrap; change settings of a stack with --set`);
    return undefined;
  }
  if (command.getOptionValueSource("stack") === "cli" || args.stop || args.fromUp) {
    refuse(
      command,
      "--bootstrap and --properties measure a Kafka outside a stack: leave out --stack and --stop",
    );
  }
  if (!NAME_PREFIX.test(prefix)) {
    refuse(command, "--prefix: expected 1 to 40 letters, digits, . _ or -");
  }
  if (agents !== undefined && !(Number.isInteger(agents) && agents >= 1 && agents <= 64)) {
    refuse(command, "--agents: expected a whole number from 1 to 64");
  }
  return {
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(properties === undefined ? {} : { properties }),
    ...(file === undefined ? {} : { file }),
    ...(agents === undefined ? {} : { agents }),
    prefix,
    changes,
  };
}
