import type { Run } from "../../contract/result.ts";
import { linkText, type Machine, machinesOf, machineText } from "../machines.ts";
import { clockKind, grouped, NOT_RECORDED, recordedNetwork, testbedOf } from "./testbeds.ts";

/** What else differs between runs, and may be the cause of a difference: testbeds, machines, clocks, networks, links, loads. */
export function cautions(runs: readonly Run[]): string[] {
  const differing = (what: string, select: (run: Run) => string) => {
    const values = runs.map(select);
    const recorded = new Set(values.filter((value) => value !== NOT_RECORDED));
    return recorded.size > 1 ? [`${what}: ${values.join(" | ")}`] : [];
  };
  return [
    ...differing("the testbeds differ", testbedOf),
    ...hardwareCautions(runs),
    ...differing("the clocks are synchronised differently", clockKind),
    ...differing("brokers and agents use different networks", recordedNetwork),
    ...differing("the links are shaped differently", linksOf),
    ...differing("the loads are scaled differently", scaleOf),
  ];
}

function scaleOf({ scale }: Run): string {
  return scale === undefined || scale.factor === 1 ? "not scaled" : `scaled by ${scale.factor}`;
}

function linksOf(run: Run): string {
  const machines = machinesOf(run);
  const shapes = new Set(machines.map(linkText));
  // A different number of nodes with the same link is no difference.
  return shapes.size === 1
    ? ([...shapes][0] as string)
    : grouped(machines, linkText).join("; ") || NOT_RECORDED;
}

const PROPERTIES: Record<string, (machine: Machine) => string | number | null> = {
  "CPU model": ({ cpuModel }) => cpuModel,
  "number of CPUs": ({ cpus }) => cpus,
  memory: ({ memory }) => memory,
  kernel: ({ kernel }) => kernel,
  "CPU and memory limits": ({ limits }) => limits,
};

const isDifferent = (values: readonly unknown[]) =>
  new Set(values.map((each) => JSON.stringify(each))).size > 1;

function hardwareCautions(runs: readonly Run[]): string[] {
  const differing = differingProperties(runs.map(machinesOf));
  const missing = areAlike(runs) ? [] : missingProperties(runs.flatMap(machinesOf));
  const texts: string[] = [];
  if (differing.length > 0)
    texts.push(`the nodes differ in ${differing.join(", ")}, so the network is not the only difference`);
  if (missing.length > 0)
    texts.push(
      `the nodes may differ in properties that are not recorded for all of them: ${missing.join(", ")}`,
    );
  return texts;
}

/** Compares which values occur, and ignores on how many nodes. */
function differingProperties(machines: readonly Machine[][]): string[] {
  const different = Object.entries(PROPERTIES).filter(([, read]) => {
    const values = machines.map((each) =>
      [...new Set(each.map(read).filter((value) => value !== null))].toSorted(),
    );
    return values.every(({ length }) => length > 0) && isDifferent(values);
  });
  const counts = machines.map(({ length }) => length);
  return [...(isDifferent(counts) ? ["number of nodes"] : []), ...different.map(([what]) => what)];
}

/** CPU model and kernel are not recorded for a node without agents. */
function missingProperties(machines: readonly Machine[]): string[] {
  return Object.entries(PROPERTIES)
    .filter(([, read]) => machines.some((machine) => read(machine) === null))
    .map(([what]) => what);
}

/** Whether the runs share a testbed and all recorded properties of their nodes. If so, a missing property needs no caution. */
function areAlike(runs: readonly Run[]): boolean {
  const testbeds = runs.map(testbedOf);
  return (
    !testbeds.includes(NOT_RECORDED) &&
    !isDifferent(testbeds) &&
    !isDifferent(runs.map((run) => grouped(machinesOf(run), machineText)))
  );
}
