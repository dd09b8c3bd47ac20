// How figures and a step's values are written, in progress, tables and reports alike.
import type { z } from "zod";
import { optionMeta } from "./option.ts";
import { type StepValues, workloadSchema } from "./workload.ts";

/** 0.042, 0.85, 4.1, 38, 1204: what can be told apart, and no more; "-" where there is none. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  if (value === 0) return "0";
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}

/** "producers 200, messageBytes 1000"; "the workload as it is" where nothing is varied. */
export function valuesText(values: StepValues): string {
  const texts = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return texts.length > 0 ? texts.join(", ") : "the workload as it is";
}

/** A variable as the name of an axis: "lingerMs", or "rate, messages per second" where its name does not tell the unit. */
export function variableText(variable: string): string {
  const shape: Readonly<Record<string, z.ZodType>> = workloadSchema.shape;
  const option = shape[variable];
  const unit = option && optionMeta(option).unit;
  return unit === undefined || variable.toLowerCase().includes(unit) ? variable : `${variable}, ${unit}`;
}
