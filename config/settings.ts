import type { z } from "zod";
import { SwarmbenchError } from "../contract/errors.ts";
import { nearNames } from "../contract/kafkaProperty.ts";
import { plainMessage } from "../contract/plainMessage.ts";
import { overlaps } from "../lib/addresses.ts";
import { stackPrefix } from "../lib/stackName.ts";
import { type BenchSettings, benchErrors, benchSettings } from "./benchmark.ts";
import { capacityErrors } from "./capacity.ts";
import { type ClockSettings, clockSettings } from "./clocks.ts";
import { hostNetworkErrors } from "./hostNetwork.ts";
import type { NodeSettings } from "./nodes.ts";
import { type ParsedSettings, type SettingsKey, settingsSchema } from "./schema.ts";
import { type ServiceSettings, serviceErrors, serviceSettings } from "./services/index.ts";
import { DEFAULT_MTU, type SwarmSettings, swarmSettings } from "./swarm.ts";
import { defaultNodes, kindOf, type TestbedSettings } from "./testbed/index.ts";

/** The validated configuration of a stack, with all defaults filled in. */
export interface Settings {
  stack: string;
  /** Starts the name of everything that this stack creates on a shared machine. */
  prefix: string;
  testbed: TestbedSettings;
  /** The usable nodes; the first one is the manager. */
  nodes: [NodeSettings, ...NodeSettings[]];
  swarm: SwarmSettings;
  clockSync: ClockSettings;
  services: ServiceSettings;
  /** Undefined if Kafka is switched off. */
  bench?: BenchSettings;
}

/** One error for all errors of a configuration, given as lines of `path: what is wrong`. */
function settingsError(stack: string, all: string[]): SwarmbenchError {
  const errors = [...new Set(all)];
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  const list = errors.map((line) => `  - ${line}`).join("\n");
  return new SwarmbenchError(
    "settings-invalid",
    `The configuration of stack ${stack} has ${count}; nothing was changed:\n${list}`,
  );
}

/**
 * Parses a stack's configuration.
 *
 * @param raw the values of the `swarmbench:` namespace, by key, as Pulumi stores them (objects as JSON text)
 * @param user name of the current user: the namespace, unless the configuration sets one
 * @param without names of unusable nodes to leave out
 * @throws SwarmbenchError `settings-invalid` that lists every error in the configuration
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
  const usable = nodes.filter(({ name }) => !without.includes(name));
  errors.push(...serviceErrors(parsed, { nodes: usable, registryPort: swarm?.registryPort }));
  errors.push(...hostNetworkErrors(parsed));
  errors.push(...capacityErrors(parsed, usable));
  errors.push(...benchErrors(parsed, usable));
  const [manager, ...workers] = usable;
  if (errors.length > 0 || !testbed || !manager || !isComplete(parsed)) throw settingsError(stack, errors);
  return {
    stack,
    prefix,
    testbed,
    nodes: [manager, ...workers],
    swarm: swarmSettings(parsed.swarm),
    clockSync: clockSettings(parsed.clockSync),
    services: serviceSettings(parsed),
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
  if (swarm) {
    errors.push(...overlapErrors(kind.network(testbed), swarm.addressPool));
    errors.push(...mtuErrors(kind.mtu, swarm.mtu));
  }
  return { testbed, nodes: kind.nodes(parsed, testbed, count) };
}

/** The networks of the testbed and of the swarm must not overlap. */
function overlapErrors({ name, cidr }: { name: string; cidr: string }, addressPool: string): string[] {
  return overlaps(cidr, addressPool)
    ? [`swarmbench:swarm.addressPool: ${addressPool} overlaps ${name} ${cidr}; choose another range`]
    : [];
}

/** @param most the MTU of the testbed's network, if it is known */
function mtuErrors(most = Number.POSITIVE_INFINITY, mtu = DEFAULT_MTU): string[] {
  return mtu > most
    ? [`swarmbench:swarm.mtu: ${mtu} is more than the testbed's network carries (${most}); lower it`]
    : [];
}

function isComplete(parsed: Partial<ParsedSettings>): parsed is ParsedSettings {
  return Object.keys(settingsSchema).every((key) => Object.hasOwn(parsed, key));
}

function parseKeys(raw: Record<string, string>, errors: string[]): Partial<ParsedSettings> {
  const keys = Object.keys(settingsSchema) as SettingsKey[];
  for (const key of Object.keys(raw).filter((name) => !Object.hasOwn(settingsSchema, name))) {
    const near = nearNames(key, keys);
    const hint =
      near.length > 0 ? `did you mean ${near.join(" or ")}?` : `expected one of ${keys.join(", ")}`;
    errors.push(`swarmbench:${key}: no such setting; ${hint}`);
  }
  const parsed: Partial<Record<SettingsKey, unknown>> = {};
  for (const key of keys) {
    const text = raw[key];
    const result = settingsSchema[key].safeParse(text === undefined ? undefined : fromJson(text), {
      error: plainMessage,
    });
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
  if (issue.code === "invalid_key") return `${path}: ${issue.issues[0]?.message ?? issue.message}`;
  return `${path}: ${issue.message}`;
}
