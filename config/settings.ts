import type { z } from "zod";
import { overlaps } from "../lib/addresses.ts";
import { stackPrefix } from "../lib/stackName.ts";
import { type BenchSettings, benchErrors, benchSettings } from "./benchmark.ts";
import { type ClockSettings, clockSettings } from "./clocks.ts";
import type { NodeSettings } from "./nodes.ts";
import { type ParsedSettings, type SettingsKey, settingsSchema } from "./schema.ts";
import { type PartSettings, partErrors, partSettings } from "./services/index.ts";
import { type SwarmSettings, swarmSettings } from "./swarm.ts";
import { defaultNodes, kindOf, type TestbedSettings } from "./testbed/index.ts";

/** The stack's configuration, checked and complete. */
export interface Settings {
  stack: string;
  /** Begins the name of everything that this stack creates on a shared machine. */
  prefix: string;
  testbed: TestbedSettings;
  /** Those that are used; the first is the manager. */
  nodes: [NodeSettings, ...NodeSettings[]];
  swarm: SwarmSettings;
  clockSync: ClockSettings;
  parts: PartSettings;
  /** Absent where there is no Kafka to put load on. */
  bench?: BenchSettings;
}

/** Raised with all errors of a configuration at once; `errors` are lines of `path: what is wrong`. */
export class SettingsError extends Error {
  readonly errors: string[];

  constructor(stackName: string, errors: string[]) {
    const count = errors.length === 1 ? "a error" : `${errors.length} errors`;
    super(
      `The configuration of stack ${stackName} has ${count}; nothing was changed:\n` +
        errors.map((line) => `  - ${line}`).join("\n"),
    );
    this.errors = errors;
  }
}

/**
 * Parses a stack's configuration.
 *
 * @param raw the values of the `swarmbench:` namespace, by key, as Pulumi stores them (objects as JSON text)
 * @param user who runs this; the namespace where the configuration names none
 * @param without names of nodes that cannot be used and are left out
 * @throws SettingsError with every error that can be found
 */
export function parseSettings(
  raw: Record<string, string>,
  stack: string,
  user: string,
  without: readonly string[] = [],
): Settings {
  const errors: string[] = [];
  const parsed = parseKeys(raw, errors);
  const { swarm } = parsed;
  const prefix = stackPrefix(parsed.namespace ?? "", user, stack);
  const { testbed, nodes } = testbedOf(parsed, prefix, errors);
  const used = nodes.filter(({ name }) => !without.includes(name));
  errors.push(...partErrors(parsed, { nodes: used, registryPort: swarm?.registryPort }));
  errors.push(...benchErrors(parsed, used));
  const [manager, ...workers] = used;
  if (errors.length > 0 || !testbed || !manager || !isComplete(parsed))
    throw new SettingsError(stack, errors);
  return {
    stack,
    prefix,
    testbed,
    nodes: [manager, ...workers],
    swarm: swarmSettings(parsed.swarm),
    clockSync: clockSettings(parsed.clockSync),
    parts: partSettings(parsed),
    bench: parsed.kafka.enabled ? benchSettings(parsed) : undefined,
  };
}

function testbedOf(
  { testbed: parsed, swarm, ...rest }: Partial<ParsedSettings>,
  prefix: string,
  errors: string[],
): { testbed?: TestbedSettings; nodes: NodeSettings[] } {
  if (!parsed || !("nodes" in rest)) return { nodes: [] };
  const kind = kindOf(parsed);
  const count = rest.nodes ?? defaultNodes(parsed);
  const testbed = kind.settings(parsed, { prefix, count });
  errors.push(...kind.errors(parsed, testbed, count));
  if (swarm) errors.push(...overlapErrors(kind.network(testbed), swarm.addressPool));
  return { testbed, nodes: kind.nodes(parsed, testbed, count) };
}

/** The testbed and the swarm need networks of their own: an address in both would be ambiguous. */
function overlapErrors({ name, cidr }: { name: string; cidr: string }, addressPool: string): string[] {
  return overlaps(cidr, addressPool)
    ? [`swarmbench:swarm.addressPool: ${addressPool} overlaps ${name} ${cidr}`]
    : [];
}

function isComplete(parsed: Partial<ParsedSettings>): parsed is ParsedSettings {
  return Object.keys(settingsSchema).every((key) => Object.hasOwn(parsed, key));
}

function parseKeys(raw: Record<string, string>, errors: string[]): Partial<ParsedSettings> {
  const keys = Object.keys(settingsSchema) as SettingsKey[];
  for (const key of Object.keys(raw).filter((name) => !Object.hasOwn(settingsSchema, name))) {
    errors.push(`swarmbench:${key}: no such setting; there are ${keys.join(", ")}`);
  }
  const parsed: Partial<Record<SettingsKey, unknown>> = {};
  for (const key of keys) {
    const text = raw[key];
    const result = settingsSchema[key].safeParse(text === undefined ? undefined : fromJson(text));
    if (result.success) parsed[key] = result.data;
    else errors.push(...result.error.issues.map((issue) => describe(`swarmbench:${key}`, issue)));
  }
  return parsed as Partial<ParsedSettings>;
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
