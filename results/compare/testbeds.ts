import { z } from "zod";
import type { NetworkName } from "../../contract/network.ts";
import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { linkText, type Machine, machinesOf, machineText } from "../machines.ts";
import { overPairs } from "../network.ts";
import { isAboutBroker } from "../steps.ts";
import { bitRate, lossText } from "../text.ts";

/** Shown for what a run does not record. */
export const NOT_RECORDED = "not recorded";
/** If more nodes than this are alike, only the first ones are named. */
const NAMED_NODES = 4;

/** A property of the testbeds, for a table with a column for each run. */
export interface TestbedRow {
  what: string;
  /** The lines of each run. */
  values: string[][];
}

/** Testbed, nodes, links, clocks and network of each run, one row for each property. */
export function testbedRows(runs: readonly Run[]): TestbedRow[] {
  const row = (what: string, lines: (run: Run) => string[]) => ({ what, values: runs.map(lines) });
  return [
    row("testbed", (run) => [testbedOf(run)]),
    row("nodes", (run) => grouped(machinesOf(run), machineText)),
    row("links", (run) => grouped(machinesOf(run), linkText)),
    row("clock synchronisation", (run) => [clockKind(run)]),
    row("clock error of corrected latencies", (run) => [worstClock(run, "boundMs")]),
    row("clock error of measured latencies", (run) => [worstClock(run, "errorMs")]),
    row("network of brokers and agents", (run) => [recordedNetwork(run)]),
    row("overlay network before the load", (run) => networkLines(run, "overlay")),
    row("host network before the load", (run) => networkLines(run, "host")),
  ];
}

/** Older runs do not record the testbed; later versions may add fields. */
const testbedSchema = z.object({ kind: z.string(), where: z.string().optional() });

/** The testbed as text: "oar (rennes)". */
export function testbedOf({ conditions }: Run): string {
  const { data } = testbedSchema.safeParse(conditions.settings.testbed);
  if (!data) return NOT_RECORDED;
  return data.where ? `${data.kind} (${data.where})` : data.kind;
}

/** The network of brokers and agents: "overlay" or "host". Older runs, and runs on any Kafka, do not record it. */
export function recordedNetwork({ conditions }: Run): string {
  const { network } = conditions.settings;
  return typeof network === "string" ? network : NOT_RECORDED;
}

/** One line for each distinct text, with the names of its nodes. */
export function grouped(machines: readonly Machine[], text: (machine: Machine) => string): string[] {
  const names = new Map<string, string[]>();
  for (const machine of machines) {
    names.set(text(machine), [...(names.get(text(machine)) ?? []), machine.name]);
  }
  if (names.size === 1 && machines.length > 1)
    return [`all ${machines.length}: ${text(machines[0] as Machine)}`];
  return [...names].map(([what, nodes]) => `${namesText(nodes)}: ${what}`);
}

function namesText(names: readonly string[]): string {
  const more = names.length - NAMED_NODES;
  return `${names.slice(0, NAMED_NODES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The configured clock synchronisation; if it is not recorded, the one that was observed on the nodes. */
export function clockKind({ conditions, nodeClocks }: Run): string {
  const { clockSync } = conditions.settings;
  if (typeof clockSync === "string") return clockSync;
  const kinds = new Set(nodeClocks.map(({ kind }) => kind ?? "none"));
  return kinds.size > 0 ? [...kinds].join(", ") : NOT_RECORDED;
}

function worstClock(run: Run, kind: "boundMs" | "errorMs"): string {
  const errors = run.steps.filter(isAboutBroker).map(({ clocks }) => clocks[kind]);
  const measured = errors.filter((error) => error !== null);
  if (measured.length === 0) return "unknown";
  const unknown = errors.length - measured.length;
  return `±${formatNumber(Math.max(...measured))} ms${unknown > 0 ? `, unknown for ${unknown} of ${errors.length} steps` : ""}`;
}

function networkLines({ network }: Run, name: NetworkName): string[] {
  const all = overPairs(network?.pairs ?? [], name);
  if (!all) return ["not measured"];
  return [
    `round trip p50 ${formatNumber(all.rttMs.p50)} ms, p99 ${formatNumber(all.rttMs.p99)} ms`,
    `${bitRate(all.throughputBitPerSec)}, ${lossText(all)} lost, path MTU ${formatNumber(all.mtu)}`,
  ];
}
