// What the script of a page gets from the page: the runs whose charts it draws.
import { isMeasured, type Run, type Step } from "../../contract/result.ts";
import type { Place } from "../report/charts/chart.ts";
import { withThinnedSeconds } from "../thinned.ts";

/** A finished page: the charts of `runs`, on top of the page's images. Otherwise the live page. */
export type PageData = { place: Place; runs: Run[] } | { place: "live" };

/** The data of a finished page, without what no chart shows. */
export function pageData(place: Place, runs: readonly Run[]): PageData {
  return { place, runs: runs.map(forCharts) };
}

function forCharts(run: Run): Run {
  const { network: _, nodeClocks: __, ...thin } = withThinnedSeconds(run);
  const steps = (list: readonly Step[]) => list.map(stepForCharts);
  const { search } = run.conditions.benchmark;
  return {
    ...thin,
    network: null,
    nodeClocks: [],
    conditions: {
      ...run.conditions,
      nodes: [],
      agents: [],
      images: {},
      settings: {},
      workload: {},
      benchmark: { search },
    },
    steps: steps(thin.steps),
    ...(thin.preheat ? { preheat: steps(thin.preheat) } : {}),
  };
}

function stepForCharts(step: Step): Step {
  if (!isMeasured(step)) return step;
  const { resources: _, network: __, ...rest } = step;
  return { ...rest, clocks: { ...step.clocks, pairs: [] }, histograms: { ack: "", sendToReceive: "" } };
}
