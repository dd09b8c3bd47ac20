// What makes a comparison say less than it seems to.
import type { Run } from "../../contract/result.ts";
import { linkText, type Machine, machinesOf, machineText } from "../machines.ts";
import { clockKind, grouped, NOT_RECORDED, testbedOf } from "./testbeds.ts";

/** Why a difference between runs may have another cause than the network: other machines, clocks or links. */
export function cautions(runs: readonly Run[]): string[] {
  const told = (what: string, select: (run: Run) => string) => {
    const values = runs.map(select);
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
  // More nodes with the same link are no difference.
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
  const texts: string[] = [];
  if (differing.length > 0)
    texts.push(`the nodes differ in ${differing.join(", ")}: this is no measure of the network alone`);
  if (missing.length > 0)
    texts.push(`the nodes may differ in what is not recorded of all of them: ${missing.join(", ")}`);
  return texts;
}

/** Compares which values occur, not on how many nodes. */
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

/** Whether runs share a testbed and all that is recorded of their nodes: then a missing property is no news. */
function areAlike(runs: readonly Run[]): boolean {
  const testbeds = runs.map(testbedOf);
  return (
    !testbeds.includes(NOT_RECORDED) &&
    !isDifferent(testbeds) &&
    !isDifferent(runs.map((run) => grouped(machinesOf(run), machineText)))
  );
}
