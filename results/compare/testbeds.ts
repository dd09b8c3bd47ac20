// What runs were made on: testbed, machines, links, clocks, network.
import { z } from "zod";
import type { NetworkName } from "../../contract/network.ts";
import type { Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { linkText, type Machine, machinesOf, machineText } from "../machines.ts";
import { overPairs } from "../network.ts";
import { isTelling } from "../steps.ts";
import { bitRate, lossText } from "../text.ts";

export const NOT_RECORDED = "not recorded";
/** Where more nodes are alike, only the first ones are named. */
const NAMED_NODES = 4;

export interface TestbedRow {
  what: string;
  /** Of each run, as lines. */
  values: string[][];
}

/** What each run was made on, one row for each property. */
export function testbedRows(runs: readonly Run[]): TestbedRow[] {
  const row = (what: string, lines: (run: Run) => string[]) => ({ what, values: runs.map(lines) });
  return [
    row("testbed", (run) => [testbedOf(run)]),
    row("nodes", (run) => grouped(machinesOf(run), machineText)),
    row("links", (run) => grouped(machinesOf(run), linkText)),
    row("clocks kept by", (run) => [clockKind(run)]),
    row("clock error of corrected delays", (run) => [worstClock(run, "boundMs")]),
    row("clock error of measured delays", (run) => [worstClock(run, "errorMs")]),
    row("overlay network, before the load", (run) => networkLines(run, "overlay")),
    row("nodes' own network, before the load", (run) => networkLines(run, "host")),
  ];
}

/** Older runs have none; later ones may have more fields. */
const testbedSchema = z.object({ kind: z.string(), where: z.string().optional() });

/** "oar (rennes)" */
export function testbedOf({ conditions }: Run): string {
  const { data } = testbedSchema.safeParse(conditions.settings.testbed);
  if (!data) return NOT_RECORDED;
  return data.where ? `${data.kind} (${data.where})` : data.kind;
}

/** One line for each text, with the names of the nodes that have it. */
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

/** The configured clock synchronisation; else what was observed on the nodes. */
export function clockKind({ conditions, nodeClocks }: Run): string {
  const { clockSync } = conditions.settings;
  if (typeof clockSync === "string") return clockSync;
  const seen = new Set(nodeClocks.map(({ kind }) => kind ?? "nothing"));
  return seen.size > 0 ? [...seen].join(", ") : NOT_RECORDED;
}

function worstClock(run: Run, kind: "boundMs" | "errorMs"): string {
  const errors = run.steps.filter(isTelling).map(({ clocks }) => clocks[kind]);
  const known = errors.filter((error) => error !== null);
  if (known.length === 0) return "not known";
  const unknown = errors.length - known.length;
  return `±${formatNumber(Math.max(...known))} ms${unknown > 0 ? `, not known of ${unknown} of ${errors.length} steps` : ""}`;
}

function networkLines({ network }: Run, name: NetworkName): string[] {
  const all = overPairs(network?.pairs ?? [], name);
  if (!all) return ["not measured"];
  return [
    `round trip p50 ${formatNumber(all.rttMs.p50)} ms, p99 ${formatNumber(all.rttMs.p99)} ms`,
    `${bitRate(all.throughputBitPerSec)}, lost ${lossText(all)}, path MTU ${formatNumber(all.mtu)}`,
  ];
}
