import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { duration, wholeNumber } from "../contract/units.ts";
import { overlaps, SWARM_PORTS } from "../lib/addresses.ts";
import { stackPrefix, userName } from "../lib/stackName.ts";
import { type BenchSettings, benchDefaults, benchMistakes, benchSchema, benchSettings } from "./benchmark.ts";
import { type ClockSettings, clockDefaults, clockSchema, clockSettings } from "./clocks.ts";
import { MAX_NODES, type NodeSettings, subnet } from "./nodes.ts";
import { partMistakes } from "./serviceChecks.ts";
import { type PartSettings, partDefaults, partSchema, partSettings } from "./services.ts";
import {
  defaultNodes,
  nodesOf,
  type TestbedSettings,
  testbedMistakes,
  testbedSchema,
  testbedSettings,
} from "./testbed/testbed.ts";

const port = wholeNumber(1024, 65535);

const schema = {
  nodes: wholeNumber(1, MAX_NODES).optional(),
  namespace: z
    .string()
    .regex(/^[a-z0-9]{1,20}$/, "expected 1 to 20 lower-case letters or digits")
    .or(z.literal("")),
  testbed: testbedSchema,
  swarm: z.strictObject({
    addressPool: subnet.prefault("10.176.0.0/16"),
    drainTimeout: duration.prefault("60 seconds"),
    registryPort: port
      .refine((value) => !SWARM_PORTS.includes(value), "the swarm itself listens on this port")
      .prefault(5000),
  }),
  ...clockSchema,
  ...partSchema,
  ...benchSchema,
};
type Key = keyof typeof schema;
type Parsed = { [K in Key]: z.output<(typeof schema)[K]> };

const defaults: Record<Key, unknown> = {
  nodes: undefined,
  namespace: "",
  testbed: { kind: "local" },
  swarm: {},
  ...clockDefaults,
  ...partDefaults,
  ...benchDefaults,
};

/** The stack's configuration, checked and complete. */
export interface Settings {
  stack: string;
  /** Begins the name of everything that this stack creates on a shared machine. */
  prefix: string;
  testbed: TestbedSettings;
  /** Those that are used; the first is the manager. */
  nodes: [NodeSettings, ...NodeSettings[]];
  swarm: {
    addressPool: string;
    drainTimeoutSec: number;
    registryPort: number;
  };
  clockSync: ClockSettings;
  parts: PartSettings;
  /** Absent where there is no Kafka to put load on. */
  bench?: BenchSettings;
}

/** Raised with every mistake of a configuration at once; `mistakes` are lines of `path: what is wrong`. */
export class SettingsError extends Error {
  readonly mistakes: string[];

  constructor(stackName: string, mistakes: string[]) {
    const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
    super(
      `The configuration of stack ${stackName} has ${count}; nothing was changed:\n` +
        mistakes.map((line) => `  - ${line}`).join("\n"),
    );
    this.mistakes = mistakes;
  }
}

/**
 * Parses a stack's configuration.
 *
 * @param raw the values of the `swarmbench:` namespace, by key, as Pulumi stores them (objects as JSON text)
 * @param user who runs this; the namespace where the configuration names none
 * @param without names of nodes that cannot be used and are left out
 * @throws SettingsError with every mistake that can be found
 */
export function parseSettings(
  raw: Record<string, string>,
  stack: string,
  user: string,
  without: readonly string[] = [],
): Settings {
  const mistakes: string[] = [];
  const parsed = parseKeys(raw, mistakes);
  const prefix = stackPrefix(parsed.namespace ?? "", user, stack);
  const { swarm } = parsed;
  const { testbed, nodes } = testbedOf(parsed, prefix, mistakes);
  const used = nodes.filter(({ name }) => !without.includes(name));
  mistakes.push(...networkMistakes(testbed, swarm));
  mistakes.push(...partMistakes(parsed, used, swarm?.registryPort), ...benchMistakes(parsed, used));
  const [manager, ...workers] = used;
  if (mistakes.length > 0 || !testbed || !manager || !isComplete(parsed))
    throw new SettingsError(stack, mistakes);
  const { drainTimeout, ...rest } = parsed.swarm;
  return {
    stack,
    prefix,
    testbed,
    nodes: [manager, ...workers],
    swarm: { ...rest, drainTimeoutSec: drainTimeout },
    clockSync: clockSettings(parsed.clockSync),
    parts: partSettings(parsed),
    bench: parsed.kafka.enabled ? benchSettings(parsed) : undefined,
  };
}

function testbedOf(
  parsed: Partial<Parsed>,
  prefix: string,
  mistakes: string[],
): { testbed?: TestbedSettings; nodes: NodeSettings[] } {
  if (!parsed.testbed || !("nodes" in parsed)) return { nodes: [] };
  const count = parsed.nodes ?? defaultNodes(parsed.testbed);
  const testbed = testbedSettings(parsed.testbed, prefix, count);
  mistakes.push(...testbedMistakes(parsed.testbed, testbed, count));
  return { testbed, nodes: nodesOf(parsed.testbed, testbed, count) };
}

/** Networks of ours that would be one: which address is meant could not be told. */
function networkMistakes(testbed: TestbedSettings | undefined, swarm: Parsed["swarm"] | undefined): string[] {
  if (!testbed || !swarm) return [];
  const [whose, network] =
    testbed.kind === "local"
      ? ["the testbed's network", testbed.subnet]
      : ["testbed.addressPool", testbed.common.addressPool];
  return overlaps(network, swarm.addressPool)
    ? [`swarmbench:swarm.addressPool: ${swarm.addressPool} overlaps ${whose} ${network}`]
    : [];
}

function isComplete(parsed: Partial<Parsed>): parsed is Parsed {
  return Object.keys(schema).every((key) => Object.hasOwn(parsed, key));
}

/**
 * The configuration of the stack that runs now.
 *
 * @param without names of nodes that cannot be used and are left out
 * @throws pulumi.RunError, which Pulumi prints without a stack trace, with every mistake
 */
export function readSettings(without: readonly string[] = []): Settings {
  const raw: Record<string, string> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [project, name] = key.split(":", 2);
    if (project === pulumi.getProject() && name) raw[name] = value;
  }
  try {
    return parseSettings(raw, pulumi.getStack(), userName(), without);
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

function parseKeys(raw: Record<string, string>, mistakes: string[]): Partial<Parsed> {
  for (const key of Object.keys(raw).filter((name) => !Object.hasOwn(schema, name))) {
    mistakes.push(`swarmbench:${key}: no such setting; there are ${Object.keys(schema).join(", ")}`);
  }
  const parsed: Partial<Record<Key, unknown>> = {};
  for (const key of Object.keys(schema) as Key[]) {
    const text = raw[key];
    const result = schema[key].safeParse(text === undefined ? defaults[key] : fromJson(text));
    if (result.success) parsed[key] = result.data;
    else mistakes.push(...result.error.issues.map((issue) => describe(`swarmbench:${key}`, issue)));
  }
  return parsed as Partial<Parsed>;
}

function fromJson(text: string): unknown {
  if (!/^[{[]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describe(root: string, issue: z.core.$ZodIssue): string {
  const path = [root, ...issue.path].join(".");
  if (issue.code === "unrecognized_keys") {
    return `${path}: no such setting: ${issue.keys.join(", ")}`;
  }
  if (issue.code === "invalid_key") return `${path}: ${issue.issues[0]?.message ?? issue.message}`;
  return `${path}: ${issue.message}`;
}
