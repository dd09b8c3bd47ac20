// A session of the benchmark on a Kafka cluster that is not part of a stack.
import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { readFileSync } from "node:fs";
import { availableParallelism, hostname, networkInterfaces } from "node:os";
import { findBrokers } from "../../../bench/kafka/connect.ts";
import { type Client, DEFAULT_CLIENT, KAFKA_CLIENTS, nodeError } from "../../../contract/clients.ts";
import { SwarmbenchError } from "../../../contract/errors.ts";
import type { BenchPlan, BenchTarget } from "../../../contract/request.ts";
import type { KafkaBroker } from "../../../contract/target.ts";
import { word } from "../../../lib/shell.ts";
import { readResults } from "../../../results/store.ts";
import { shownPath, userPath } from "../../lib/userPaths.ts";
import type { Arguments } from "../arguments.ts";
import { type Settings, settingsError, withChanges } from "../changes.ts";
import { DEFAULT_PREFIX } from "../prefix.ts";
import { agentCounts, validated } from "../request.ts";
import type { Session } from "../session.ts";
import { addressesOf, type ClientSettings, clientSettings } from "./clientProperties.ts";
import { LocalRunner } from "./localRunner.ts";
import type { FoundWorkload } from "./omb.ts";
import { parseProperties } from "./properties.ts";
import { readWorkloadFile } from "./workloadFile.ts";

/** More processes of each role do not help: one sends several thousand messages per second. */
const MAX_AGENTS = 4;
/** A producer and a consumer process, and the runner, each keep a CPU busy. */
const CPUS_OF_AGENTS = 3;

/** What a run on any Kafka cannot measure; a warning in its results. */
const UNKNOWN =
  "unknown, since this Kafka is not part of a stack: CPU, JIT compilation, threads, disks and version of the brokers, and the network to them. The run cannot tell which of these limits the load, or whether the brokers were warmed up";

/** Only Linux reports how long a runnable thread waited for a CPU (schedstat). */
const NOT_LINUX =
  "unknown, since this machine does not run Linux: how long agents waited for a CPU. A step may miss the SLO because a consumer was short of CPU time";

const NO_FAULTS =
  "benchmark.faults: faults hit the brokers of a stack, and with --bootstrap there is none; remove faults";

/** The arguments that select a Kafka cluster instead of a stack. */
export type KafkaArguments = Arguments & { kafka: NonNullable<Arguments["kafka"]> };

/**
 * Opens a session: reads the files, connects to the cluster, and validates the load.
 *
 * @param say prints a line for the user
 * @throws SwarmbenchError when a setting is not supported, or the cluster cannot be used
 */
export async function kafkaSession(
  args: KafkaArguments,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Session> {
  const client = readClient(args);
  const bootstrap = addressesOf(args.kafka.bootstrap) ?? client.bootstrap;
  if (!bootstrap) {
    throw new SwarmbenchError("usage", "no address of a Kafka broker is given", {
      hint: "Add --bootstrap HOST:PORT, or bootstrap.servers to the --properties file.",
    });
  }
  refuseAddresses(bootstrap);
  const found = readWorkload(args);
  const settings = settingsOf(args, client, found);
  const plan = planOf(args, found, settings, { bootstrap, brokers: [], security: client.security });
  // Errors in the settings come before any connection.
  const load = validated(settings, agentCounts(plan));
  if (load.benchmark.faults?.length) throw settingsError([NO_FAULTS]);
  const { brokers, clusterId } = await findBrokers({ bootstrap, security: client.security });
  refuseOtherCluster(args, clusterId);
  plan.target.kafka.brokers = brokers;
  plan.conditions.settings = { ...plan.conditions.settings, clusterId, brokers: brokers.length };
  Object.assign(plan, load);
  const unknown = process.platform === "linux" ? [UNKNOWN] : [UNKNOWN, NOT_LINUX];
  const warnings = [...unknown, ...(await sharedMachine(brokers)), ...found.notes];
  for (const note of found.notes) say(`note: ${note}`);
  say(
    `Kafka ${clusterId}: ${brokers.length} brokers, ${client.security.protocol}; topics begin with ${args.kafka.prefix}`,
  );
  return { plan, container: new LocalRunner(warnings), progress: say, signal, options: optionsOf(args) };
}

/** A run can be resumed only on the cluster on which it started. */
function refuseOtherCluster({ resume }: KafkaArguments, clusterId: string): void {
  if (resume === undefined) return;
  const { run, conditions } = readResults(resume);
  if (conditions.settings.clusterId === clusterId) return;
  throw new SwarmbenchError("run-differs", `${run} was measured on another Kafka cluster than ${clusterId}`, {
    hint: "Resume it with its original --bootstrap, or start a new run.",
  });
}

function readClient({ kafka: { properties } }: KafkaArguments): ClientSettings {
  if (properties === undefined)
    return { bootstrap: undefined, security: { protocol: "PLAINTEXT" }, workload: {} };
  let text: string;
  try {
    text = readFileSync(userPath(properties), "utf8");
  } catch (error) {
    throw new SwarmbenchError("settings-invalid", `--properties: ${(error as Error).message}`);
  }
  return clientSettings(parseProperties(text));
}

function refuseAddresses(addresses: readonly string[]): void {
  const wrong = addresses.find((address) => !/^[^\s:,]+:\d{1,5}$/.test(address));
  if (wrong === undefined) return;
  throw new SwarmbenchError("usage", `--bootstrap: ${wrong}; expected HOST:PORT, such as localhost:9092`);
}

/** The command line's changes to every run: with --aba, --set applies only to B. */
function changesOf({ aba, set, kafka }: KafkaArguments): string[] {
  return aba ? kafka.changes : [...kafka.changes, ...set];
}

function readWorkload(args: KafkaArguments): FoundWorkload {
  const { file } = args.kafka;
  if (file === undefined) return { name: "kafka", workload: {}, benchmark: {}, notes: [] };
  const contentIsSet = changesOf(args).some((change) => /^(workload\.)?content[.=]/.test(change));
  return readWorkloadFile(userPath(file), contentIsSet);
}

/** Workload and benchmark: client properties, then the file, then the command line. */
export function settingsOf(args: KafkaArguments, client: ClientSettings, found: FoundWorkload): Settings {
  const settings = { workload: { ...client.workload, ...found.workload }, benchmark: { ...found.benchmark } };
  const changed = withChanges(settings, changesOf(args));
  // There are no probes.
  const network = { ...(changed.benchmark.network as object | undefined), enabled: false };
  const workload = { client: localClient(), ...changed.workload };
  return { workload, benchmark: { ...changed.benchmark, network } };
}

/** The default client, or if this machine's Node.js does not run it, one that it runs. */
function localClient(): Client | undefined {
  return [DEFAULT_CLIENT, ...KAFKA_CLIENTS].find((name) => nodeError(name) === undefined);
}

/** A plan in the form that a stack outputs. Its workload and benchmark are not validated yet. */
function planOf(
  { kafka: { agents, prefix, file } }: KafkaArguments,
  found: FoundWorkload,
  settings: Settings,
  kafka: BenchTarget["kafka"],
): BenchPlan {
  const tasks =
    agents ?? Math.max(1, Math.min(MAX_AGENTS, Math.floor(availableParallelism() / CPUS_OF_AGENTS)));
  const { protocol, mechanism } = kafka.security;
  return {
    scenario:
      found.name
        .trim()
        .replace(/[^0-9A-Za-z._]+/g, "-")
        .slice(0, 60) || "kafka",
    ssh: [],
    image: "none",
    network: "",
    labels: [],
    target: {
      token: randomBytes(24).toString("hex"),
      kafka,
      brokerMetrics: [],
      agents: { producer: { tasks }, consumer: { tasks } },
      prefix,
    },
    ...(settings as unknown as Pick<BenchPlan, "workload" | "benchmark">),
    conditions: {
      source: "npm",
      images: {},
      settings: {
        bootstrap: kafka.bootstrap,
        protocol,
        ...(mechanism ? { mechanism } : {}),
        ...(file === undefined ? {} : { workloadFile: shownPath(userPath(file)) }),
      },
      nodes: [{ name: hostname(), role: "agent" }],
    },
  };
}

/** A warning for brokers at an address of this machine, which share its CPUs with the agents. */
async function sharedMachine(brokers: readonly KafkaBroker[]): Promise<string[]> {
  const own = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
  const isHere = async ({ host }: KafkaBroker) => {
    const addresses = await lookup(host, { all: true }).catch(() => []);
    return addresses.some(({ address }) => own.includes(address));
  };
  const here = await Promise.all(brokers.map(isHere));
  if (!here.includes(true)) return [];
  return [
    "a broker has an address of this machine: brokers and agents share its CPUs, so absolute numbers hold only for this machine",
  ];
}

/** The options that select the same cluster and load again, for hints. */
export function optionsOf({ kafka, set }: KafkaArguments): string {
  const { bootstrap, properties, file, agents, prefix, changes } = kafka;
  const options: [string, string | number | undefined][] = [
    ["--bootstrap", bootstrap],
    ["--properties", properties],
    ["-f", file],
    ["--agents", agents],
    ["--prefix", prefix === DEFAULT_PREFIX ? undefined : prefix],
    ...[...changes, ...set].map((change): [string, string] => ["--set", change]),
  ];
  return options
    .flatMap(([name, value]) => (value === undefined ? [] : [name, plainWord(String(value))]))
    .join(" ");
}

/** A value as a word of a shell, quoted only if it has to be. */
function plainWord(value: string): string {
  return /^[\w.,:@%+=/-]+$/.test(value) ? value : word(value);
}
