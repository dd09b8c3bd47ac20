// On what runs were made, side by side: testbed, machines, links, clocks, network.
import Table from "cli-table3";
import { z } from "zod";
import type { NetworkName } from "../../contract/network.ts";
import type { Run } from "../../contract/result.ts";
import { figure } from "../../contract/text.ts";
import { linkText, type Machine, machinesOf, machineText } from "../report/machines.ts";
import { bitRate, lossText, overPairs } from "../report/networkFigures.ts";
import { type Html, html, table } from "../report/page.ts";
import { isTelling } from "./difference.ts";

const NOT_RECORDED = "not recorded";
/** Of more nodes that are alike the first ones are named. */
const NAMED_NODES = 4;

export interface TestbedRow {
  what: string;
  /** Of each run, as lines. */
  values: string[][];
}

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

/** Tolerant: older runs have none, and later ones may have more of it. */
const testbedSchema = z.object({ kind: z.string(), where: z.string().optional() });

function testbedOf({ conditions }: Run): string {
  const { data } = testbedSchema.safeParse(conditions.settings.testbed);
  if (!data) return NOT_RECORDED;
  return data.where ? `${data.kind} (${data.where})` : data.kind;
}

/** A line for each text, with the nodes that it is true of. */
function grouped(machines: readonly Machine[], text: (machine: Machine) => string): string[] {
  const names = new Map<string, string[]>();
  for (const machine of machines) {
    names.set(text(machine), [...(names.get(text(machine)) ?? []), machine.name]);
  }
  if (names.size === 1 && machines.length > 1)
    return [`all ${machines.length}: ${text(machines[0] as Machine)}`];
  return [...names].map(([what, of]) => `${namesText(of)}: ${what}`);
}

function namesText(names: readonly string[]): string {
  const more = names.length - NAMED_NODES;
  return `${names.slice(0, NAMED_NODES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** As it is set; else as it was seen. */
function clockKind({ conditions, nodeClocks }: Run): string {
  const { clockSync } = conditions.settings;
  if (typeof clockSync === "string") return clockSync;
  const seen = new Set(nodeClocks.map(({ kind }) => kind ?? "nothing"));
  return seen.size > 0 ? [...seen].join(", ") : NOT_RECORDED;
}

function worstClock(run: Run, of: "boundMs" | "errorMs"): string {
  const errors = run.steps.filter(isTelling).map(({ clocks }) => clocks[of]);
  const known = errors.filter((error) => error !== null);
  if (known.length === 0) return "not known";
  const unknown = errors.length - known.length;
  return `±${figure(Math.max(...known))} ms${unknown > 0 ? `, not known of ${unknown} of ${errors.length} steps` : ""}`;
}

function networkLines({ network }: Run, name: NetworkName): string[] {
  const all = overPairs(network?.pairs ?? [], name);
  if (!all) return ["not measured"];
  return [
    `round trip p50 ${figure(all.rttMs.p50)} ms, p99 ${figure(all.rttMs.p99)} ms`,
    `${bitRate(all.throughputBitPerSec)}, lost ${lossText(all)}, path MTU ${figure(all.mtu)}`,
  ];
}

/** What of it stands in the way of taking a difference for the network's. */
export function cautions(runs: readonly Run[]): string[] {
  const told = (what: string, of: (run: Run) => string) => {
    const values = runs.map(of);
    const recorded = new Set(values.filter((value) => value !== NOT_RECORDED));
    return recorded.size > 1 ? [`${what}: ${values.join(" | ")}`] : [];
  };
  return [
    ...told("the testbeds differ", testbedOf),
    ...hardwareCautions(runs),
    ...told("clocks are kept differently", clockKind),
    ...told("links are shaped differently", linksOf),
  ];
}

function linksOf(run: Run): string {
  const machines = machinesOf(run);
  const shapes = new Set(machines.map(linkText));
  // The number of nodes makes no other shape of them.
  return shapes.size === 1
    ? ([...shapes][0] as string)
    : grouped(machines, linkText).join("; ") || NOT_RECORDED;
}

const PROPERTIES: Record<string, (machine: Machine) => string | number | null> = {
  "CPU model": ({ cpuModel }) => cpuModel,
  "number of CPUs": ({ cpus }) => cpus,
  memory: ({ memory }) => memory,
  kernel: ({ kernel }) => kernel,
  "what a node may use": ({ limits }) => limits,
};

const isDifferent = (values: readonly unknown[]) =>
  new Set(values.map((each) => JSON.stringify(each))).size > 1;

function hardwareCautions(runs: readonly Run[]): string[] {
  const differing = differingProperties(runs.map(machinesOf));
  const missing = areAlike(runs) ? [] : missingProperties(runs.flatMap(machinesOf));
  return [
    ...(differing.length > 0
      ? [`the nodes differ in ${differing.join(", ")}: this is no measure of the network alone`]
      : []),
    ...(missing.length > 0
      ? [`the nodes may differ in what is not recorded of all of them: ${missing.join(", ")}`]
      : []),
  ];
}

/** In what is recorded of both; how many nodes have which is not looked at. */
function differingProperties(machines: readonly Machine[][]): string[] {
  const different = Object.entries(PROPERTIES).filter(([, of]) => {
    const values = machines.map((each) =>
      [...new Set(each.map(of).filter((value) => value !== null))].toSorted(),
    );
    return values.every(({ length }) => length > 0) && isDifferent(values);
  });
  const counts = machines.map(({ length }) => length);
  return [...(isDifferent(counts) ? ["number of nodes"] : []), ...different.map(([what]) => what)];
}

/** Nothing of the CPU model and the kernel is known of a node without agents. */
function missingProperties(machines: readonly Machine[]): string[] {
  return Object.entries(PROPERTIES)
    .filter(([, of]) => machines.some((machine) => of(machine) === null))
    .map(([what]) => what);
}

/** Runs on one testbed, of nodes of which the same is known: then what is not known of them is no news. */
function areAlike(runs: readonly Run[]): boolean {
  const testbeds = runs.map(testbedOf);
  return (
    !testbeds.includes(NOT_RECORDED) &&
    !isDifferent(testbeds) &&
    !isDifferent(runs.map((run) => grouped(machinesOf(run), machineText)))
  );
}

export function testbedsText(rows: readonly TestbedRow[], names: readonly string[]): string {
  const text = new Table({ head: ["", ...names], style: { head: [], border: [], compact: true } });
  for (const { what, values } of rows) text.push([what, ...values.map((lines) => lines.join("\n"))]);
  return text.toString();
}

export function testbedsTable(rows: readonly TestbedRow[], names: readonly string[]): Html {
  return html`<div class="left">${table(
    ["what", ...names],
    rows.map(({ what, values }) => [
      what,
      ...values.map((lines) => lines.map((line, index) => (index === 0 ? line : html`<br>${line}`))),
    ]),
  )}</div>`;
}
