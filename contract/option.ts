// Declaration of a workload option: its schema, its description, and whether steps may vary it.
import type { z } from "zod";

/** The metadata (zod's `.meta()`) of every workload option. */
export interface OptionMeta {
  /** Plain text: meaning, unit and default. */
  description: string;
  /** Unit of a number, such as "ms". Absent: it is a count, or not a number. */
  unit?: string;
  /** `sweep`: only a sweep may vary it. `search`: a sweep or a search may vary it. Absent: it is the same in all steps. */
  vary?: "sweep" | "search";
  /** Whether a search tries only whole numbers. */
  whole?: boolean;
}

type Extra = Pick<OptionMeta, "unit" | "whole">;
/** Marks the type of an option with how it may vary. It has no value at run time. */
interface Varies<V extends "sweep" | "search"> {
  readonly "~vary"?: V;
}

/** Names of the options in a schema's shape that may vary in one of these ways. */
export type VariesIn<Shape, V extends "sweep" | "search"> = {
  [K in keyof Shape & string]: Shape[K] extends { readonly "~vary"?: infer W }
    ? [Exclude<W, undefined>] extends [V]
      ? [Exclude<W, undefined>] extends [never]
        ? never
        : K
      : never
    : never;
}[keyof Shape & string];

/** Declares an option that is the same in all steps of a run. */
export function option<S extends z.ZodType>(schema: S, description: string, extra: Extra = {}): S {
  return described(schema, { description, unit: extra.unit, whole: extra.whole });
}

/** Declares an option that a sweep may vary. */
export function swept<S extends z.ZodType>(
  schema: S,
  description: string,
  extra: Extra = {},
): S & Varies<"sweep"> {
  return described(schema, { description, unit: extra.unit, whole: extra.whole, vary: "sweep" });
}

/** Declares an option that a sweep may vary, and of which a search can find the largest value that meets the SLO. */
export function searchable<S extends z.ZodType>(
  schema: S,
  description: string,
  extra: Extra = {},
): S & Varies<"search"> {
  return described(schema, { description, unit: extra.unit, whole: extra.whole, vary: "search" });
}

function described<S extends z.ZodType>(schema: S, meta: OptionMeta): S {
  const defined = Object.entries(meta).filter(([, value]) => value !== undefined);
  return schema.meta(Object.fromEntries(defined)) as S;
}

/** The metadata of an option. @throws Error if it has no description: its declaration is wrong */
export function optionMeta(schema: z.ZodType): OptionMeta {
  const meta = schema.meta();
  if (typeof meta?.description !== "string") throw new Error("a workload option has no description");
  return meta as unknown as OptionMeta;
}

/** Names of the options that may vary in one of these ways, in the order of their declaration. */
export function namesThatVary<Name extends string>(
  shape: Readonly<Record<string, z.ZodType>>,
  ways: readonly OptionMeta["vary"][],
): readonly Name[] {
  const names = Object.keys(shape).filter((name) =>
    ways.includes(shape[name]?.meta()?.vary as OptionMeta["vary"]),
  );
  return names as Name[];
}
