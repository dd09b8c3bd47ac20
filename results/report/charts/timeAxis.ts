// Steps on a common time axis: seconds since the first message of the run.
import type { FaultRecord } from "../../../contract/faults.ts";
import { isMeasured } from "../../../contract/result.ts";
import type { StepValues } from "../../../contract/workload.ts";
import { allSteps, stepValues } from "../../steps.ts";
import { type SecondsMerged, spanOf } from "../../thinned.ts";
import type { ShownRun } from "./chart.ts";
import { axis, FAULT, GOOD, NEUTRAL } from "./draw.ts";

/** Width of a character of a label, and the margins of a chart; pixels. */
const CHARACTER = 6.5;
const MARGINS = 100;
/** Least width of the band of a fault, s and as a share of the axis, so that one of a moment is visible. */
const LEAST_BAND_SEC = 0.5;
const LEAST_BAND_SHARE = 0.003;

interface TimedStep {
  step: number;
  phase: string;
  values: StepValues;
  seconds: readonly SecondsMerged[];
  faults: readonly FaultRecord[];
}

/** The steps of a run on its time axis. */
export interface TimedRun {
  steps: readonly TimedStep[];
  /** Time of the first message, s since 1970. */
  start: number;
  /** Length of the axis, s. */
  length: number;
  /** How many seconds a point stands for, at most. */
  span: number;
}

/** The steps that have seconds, the preheat and the step under way included; undefined: there are none. */
export function timedRun(run: ShownRun): TimedRun | undefined {
  const finished = allSteps(run)
    .filter(isMeasured)
    .map(({ step, phase, values, seconds, faults = [] }) => ({
      ...{ step, phase, seconds, faults },
      values: values as StepValues,
    }));
  const { current } = run;
  const steps: TimedStep[] = [
    ...finished,
    ...(current ? [{ ...current, faults: current.faults ?? [], phase: "current" }] : []),
  ];
  const seconds: SecondsMerged[] = steps.flatMap((step) => step.seconds);
  const [first, last] = [seconds[0], seconds.at(-1)];
  if (!first || !last) return undefined;
  return {
    steps,
    start: first.at,
    length: last.at + spanOf(last) - first.at,
    span: seconds.reduce((most, second) => Math.max(most, spanOf(second)), 1),
  };
}

/** A line over all seconds, with a gap between two steps. */
export function timeLine(
  name: string,
  { steps, start }: TimedRun,
  read: (second: SecondsMerged) => number | null,
  style: object = {},
): object {
  const data = steps.flatMap((step, index) => {
    const points = step.seconds.map((second) => [second.at - start, read(second)]);
    return index > 0 ? [[null, null], ...points] : points;
  });
  return { type: "line", name, showSymbol: false, data, ...style };
}

/** The axis: minutes and seconds, or hours and minutes for a long run. */
export function timeAxis({ length }: TimedRun): object {
  return axis("time since the first message, min:s", "value", {
    min: 0,
    max: length,
    axisLabel: { formatter: clockText, showMaxLabel: false, hideOverlap: true },
    ...(length > 7_200 ? { name: "time since the first message, h:min", minInterval: 60 } : {}),
    ...(length > 7_200
      ? { axisLabel: { formatter: hoursText, showMaxLabel: false, hideOverlap: true } }
      : {}),
  });
}

const padded = (value: number) => String(Math.floor(value)).padStart(2, "0");
const clockText = (seconds: number) => `${Math.floor(seconds / 60)}:${padded(seconds % 60)}`;
const hoursText = (seconds: number) => `${Math.floor(seconds / 3_600)}:${padded((seconds % 3_600) / 60)}`;

/** The measured times of the steps as areas, each with the longest label for which it has room. @param width pixels */
export function measuredAreas({ steps, start, length }: TimedRun, width: number): object[][] {
  const pixels = (width - MARGINS) / Math.max(1, length);
  return steps.flatMap((step) => {
    const isPreheat = step.phase === "preheat";
    const shown = isPreheat ? step.seconds : step.seconds.filter(({ measured }) => measured);
    const [from, to] = [shown[0], shown.at(-1)];
    if (!from || !to) return [];
    const end = to.at + spanOf(to);
    const texts = isPreheat ? ["preheat"] : labelsOf(step);
    const room = (end - from.at) * pixels;
    const text = texts.find((each) => each.length * CHARACTER <= room);
    const label = { position: "insideTop", fontSize: 10, show: text !== undefined, formatter: text ?? "" };
    const itemStyle = { color: isPreheat ? NEUTRAL : GOOD, opacity: 0.12 };
    return [[{ xAxis: from.at - start, label, itemStyle }, { xAxis: end - start }]];
  });
}

/** Whether a step has a fault that began. */
export function hasFaultBands({ steps }: TimedRun): boolean {
  return steps.some(({ faults }) => faults.some(({ startedAt }) => startedAt !== null));
}

/**
 * The faults that began as areas, each with the longest label for which it has room, else its number. One that has not ended, as
 * far as is known, lasts to the end of its step. @param width pixels
 */
export function faultAreas({ steps, start, length }: TimedRun, width: number): object[][] {
  const pixels = (width - MARGINS) / Math.max(1, length);
  const least = Math.max(LEAST_BAND_SEC, LEAST_BAND_SHARE * length);
  return steps.flatMap(({ faults, seconds }) =>
    faults.flatMap(({ number, fault, target, startedAt, endedAt, plannedSec }) => {
      if (startedAt === null) return [];
      const from = startedAt / 1_000 - start;
      const last = seconds.at(-1);
      const open = plannedSec !== null && last ? last.at + spanOf(last) - start : from;
      const to = Math.max(endedAt === null ? open : endedAt / 1_000 - start, from + least);
      const texts = [`${fault}, ${target}`, fault];
      const text = texts.find((each) => each.length * CHARACTER <= (to - from) * pixels) ?? `${number}`;
      const label = { position: "insideBottom", fontSize: 10, show: true, formatter: text };
      return [[{ xAxis: from, label, itemStyle: { color: FAULT, opacity: 0.25 } }, { xAxis: to }]];
    }),
  );
}

/** "producers 200", "200", "3": the values of a step, the values alone, its number. */
function labelsOf(step: TimedStep): string[] {
  const values = Object.values(step.values);
  return [stepValues(step), ...(values.length > 0 ? [values.join(", ")] : []), `#${step.step}`];
}
