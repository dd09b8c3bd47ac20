// How numbers and the values of a step are written in progress lines, tables and reports.
import type { z } from "zod";
import { optionMeta } from "./option.ts";
import { type StepValues, workloadSchema } from "./workload.ts";

/** A number with two significant digits, or as an integer from 100 on: 0.042, 0.85, 4.1, 38, 1204. "-" if there is none. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  if (value === 0) return "0";
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}

/** The values of a step: "producers 200, messageBytes 1000", or "the workload as it is" if the step varies nothing. */
export function valuesText(values: StepValues): string {
  const texts = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return texts.length > 0 ? texts.join(", ") : "the workload as it is";
}

/** The name of a variable for an axis: "lingerMs", or "rate, messages per second" if its name does not include the unit. */
export function variableText(variable: string): string {
  const shape: Readonly<Record<string, z.ZodType>> = workloadSchema.shape;
  const option = shape[variable];
  const unit = option && optionMeta(option).unit;
  return unit === undefined || variable.toLowerCase().includes(unit) ? variable : `${variable}, ${unit}`;
}
