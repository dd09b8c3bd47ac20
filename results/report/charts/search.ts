import type { Run, SearchState, Step } from "../../../contract/result.ts";
import { formatNumber, variableText } from "../../../contract/text.ts";
import { meetsSlo, verdictOf } from "../../../contract/verdicts.ts";
import { varied } from "../../series.ts";
import type { Chart } from "./chart.ts";
import { axis, BAD, COLOURS, GOOD, NEUTRAL, scaleOf } from "./draw.ts";
import { bandSeries } from "./trials.ts";

const BLUE = COLOURS[0] as string;

/** How the search narrowed the limit: its interval after each step, and what each step said. */
export const searchChart: Chart = {
  name: "search",
  place: "report",
  title: "What the search knew",
  isOptional: true,
  caption:
    "After each step: the interval that contains the limit with 90 % probability (band), and its median (line). Circles: the step met the SLO; crosses: it missed it; diamonds: it was no evidence.",
  draw: ([run]) => {
    const { searchStates: states = [] } = run;
    const [first, last] = [states[0], states.at(-1)];
    if (!first || !last) return undefined;
    const numbers = states.map(({ step }) => step);
    const trials = trialsOf(run, first.variable);
    const values = [
      ...states.flatMap(({ low, high }) => [low, high]),
      ...trials.all.map(([, value]) => value),
    ];
    return {
      xAxis: axis("step", "value", {
        min: first.step - 0.5,
        max: last.step + 0.5,
        axisTick: { customValues: numbers },
        axisLabel: { customValues: numbers },
        splitLine: { show: false },
      }),
      yAxis: axis(variableText(first.variable), scaleOf(values), {
        nameGap: 50,
        ...(scaleOf(values) === "log"
          ? {
              min: Math.min(...values) / 1.3,
              max: Math.max(...values) * 1.3,
              axisLabel: { formatter: formatNumber, showMinLabel: false, showMaxLabel: false },
            }
          : { scale: true }),
      }),
      series: [
        bandSeries(
          states.map(({ step, low, high }) => [step, low, high]),
          BLUE,
          0.2,
        ),
        medianLine(states),
        points("met the SLO", trials.met, GOOD, "circle"),
        points("missed it", trials.missed, BAD, CROSS),
        points("no evidence", trials.unclear, NEUTRAL, "diamond"),
      ],
    };
  },
};

/** A diagonal cross, as an SVG path. */
const CROSS = "path://M0 2L2 0L6 4L10 0L12 2L8 6L12 10L10 12L6 8L2 12L0 10L4 6Z";

function medianLine(states: readonly SearchState[]): object {
  const data = states.map(({ step, median }) => [step, median]);
  return { type: "line", name: "median of the limit", color: BLUE, showSymbol: states.length === 1, data };
}

type Point = [step: number, value: number];

function points(name: string, data: readonly Point[], colour: string, symbol: string): object {
  return { type: "scatter", name, color: colour, symbol, symbolSize: 10, data };
}

/** The steps that vary the searched setting, by what they say of the limit. */
function trialsOf({ steps }: Run, variable: string) {
  const all = steps.flatMap((step): Point[] => {
    const value = varied(step, variable);
    return typeof value === "number" ? [[step.step, value]] : [];
  });
  const byNumber = new Map<number, Step>(steps.map((step) => [step.step, step]));
  const where = (test: (step: Step) => boolean) => all.filter(([step]) => test(byNumber.get(step) as Step));
  return {
    all,
    met: where(meetsSlo),
    missed: where((step) => verdictOf(step).evidence === "missed"),
    unclear: where((step) => !meetsSlo(step) && verdictOf(step).evidence !== "missed"),
  };
}
