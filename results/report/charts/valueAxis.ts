// The horizontal axis of the varied setting.
import { axis } from "./draw.ts";

/** Values that span more than this are drawn on a logarithmic axis: a search doubles its load, then tries values near the knee. */
const LOG_SPAN = 3;
/** Space beside the outermost values, as a share of the axis. */
const MARGIN = 0.04;
/** Least distance between two labels, as a share of the axis of an image. */
const LABEL_SHARE = 0.055;
const IMAGE_WIDTH = 960;

/**
 * The axis of these values, from the smallest to the largest, with the values themselves as labels where there is room.
 *
 * @param first values that keep their label, such as the knee
 */
export function valueAxis(
  name: string,
  values: readonly number[],
  first: readonly number[] = [],
  width = 960,
): object {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const [low, high] = [distinct[0], distinct.at(-1)];
  if (low === undefined || high === undefined || low === high) return axis(name, "value", { scale: true });
  const isLog = low > 0 && high / low > LOG_SPAN;
  const project = isLog ? Math.log : (value: number) => value;
  const unproject = isLog ? Math.exp : (value: number) => value;
  const margin = MARGIN * (project(high) - project(low));
  const [min, max] = [unproject(project(low) - margin), unproject(project(high) + margin)];
  const labels = labelled(distinct, first, project, (LABEL_SHARE * IMAGE_WIDTH) / width);
  return axis(name, isLog ? "log" : "value", {
    min: isLog ? min : Math.max(low >= 0 ? 0 : Number.NEGATIVE_INFINITY, min),
    max,
    axisTick: { customValues: labels },
    axisLabel: { customValues: labels, formatter: String },
    splitLine: { show: false },
  });
}

/** The values whose labels do not overlap: those of `first`, the ends, then the others in their order. */
function labelled(
  values: readonly number[],
  first: readonly number[],
  project: (value: number) => number,
  share: number,
): number[] {
  const [low, high] = [project(values[0] as number), project(values.at(-1) as number)];
  const least = share * (high - low);
  const chosen: number[] = [];
  const ends = [values[0] as number, values.at(-1) as number];
  for (const value of [...first.filter((each) => values.includes(each)), ...ends, ...values]) {
    const isFree = chosen.every((other) => Math.abs(project(other) - project(value)) >= least);
    if (isFree) chosen.push(value);
  }
  return chosen.sort((a, b) => a - b);
}
