import { measuredSteps, type Run } from "../../contract/result.ts";
import { flatten } from "../flatten.ts";
import { curvesOf } from "../series.ts";

/** A condition in which runs differ. */
export interface ConditionDifference {
  /** Its path, such as "workload.acks". */
  what: string;
  /** The value of each run; "-" if a run has none. */
  values: string[];
}

/** Every condition in which the runs differ: the settings of the stack and the load first. */
export function conditionDifferences(runs: readonly Run[]): ConditionDifference[] {
  const flat = runs.map((run) => new Map(flatConditions(run)));
  const names = new Set(flat.flatMap((each) => [...each.keys()]));
  return [...names]
    .map((what) => ({ what, values: flat.map((each) => each.get(what) ?? "-") }))
    .filter(({ values }) => new Set(values).size > 1);
}

function flatConditions({ conditions }: Run): [string, string][] {
  const { settings, workload, benchmark, nodes, agents, versions, images, source, swarmbench } = conditions;
  return [
    ...flatten("settings", settings),
    ...flatten("workload", workload),
    ...flatten("benchmark", benchmark),
    ...flatten("nodes", nodes),
    ...flatten("agents", agents),
    ...flatten("versions", versions),
    ...flatten("images", images),
    ...flatten("source", source),
    ...flatten("swarmbench", swarmbench),
  ];
}

/** Why the runs cannot be compared; empty when they can. */
export function errors(runs: readonly Run[]): string[] {
  const differ = (select: (run: Run) => unknown) =>
    new Set(runs.map((run) => JSON.stringify(select(run)))).size > 1;
  const texts = runs
    .filter((run) => measuredSteps(run).every(({ latencyMs }) => latencyMs.count === 0))
    .map(({ run }) => `${run} has no step with a latency`);
  if (differ(({ slo }) => slo)) texts.push("the runs have different SLOs");
  const variables = runs.map((run) => curvesOf(run).variable ?? "none");
  if (new Set(variables).size > 1) texts.push(`the runs vary different settings: ${variables.join(", ")}`);
  return texts;
}
