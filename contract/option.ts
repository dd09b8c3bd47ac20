// How an option of the workload is declared: its schema, its description, and how a benchmark may vary it.
import type { z } from "zod";

/** What stands in the metadata (zod's `.meta()`) of every option of the workload. */
export interface OptionMeta {
  /** Plain text: meaning, unit, default. */
  description: string;
  /** Unit of a number, such as "ms". Absent: a count, or no number. */
  unit?: string;
  /** `sweep`: the steps of a sweep may vary it; `search`: a search for the knee as well. Absent: it is fixed for a run. */
  vary?: "sweep" | "search";
  /** Of a search: whole numbers only. */
  whole?: boolean;
}

type More = Pick<OptionMeta, "unit" | "whole">;
/** Marks an option's type with how it may be varied; it exists in types alone. */
interface Varies<V extends "sweep" | "search"> {
  readonly "~vary"?: V;
}

/** The names of the options of a schema's shape that may be varied so. */
export type VariesIn<Shape, V extends "sweep" | "search"> = {
  [K in keyof Shape & string]: Shape[K] extends { readonly "~vary"?: infer W }
    ? [Exclude<W, undefined>] extends [V]
      ? [Exclude<W, undefined>] extends [never]
        ? never
        : K
      : never
    : never;
}[keyof Shape & string];

/** An option that is the same in all steps of a run. */
export function option<S extends z.ZodType>(schema: S, description: string, more: More = {}): S {
  return described(schema, { description, unit: more.unit, whole: more.whole });
}

/** An option that the steps of a sweep may vary. */
export function swept<S extends z.ZodType>(
  schema: S,
  description: string,
  more: More = {},
): S & Varies<"sweep"> {
  return described(schema, { description, unit: more.unit, whole: more.whole, vary: "sweep" });
}

/** An option that the steps of a sweep may vary, and of which a search finds the largest value that meets the SLO. */
export function searchable<S extends z.ZodType>(
  schema: S,
  description: string,
  more: More = {},
): S & Varies<"search"> {
  return described(schema, { description, unit: more.unit, whole: more.whole, vary: "search" });
}

function described<S extends z.ZodType>(schema: S, meta: OptionMeta): S {
  const known = Object.entries(meta).filter(([, value]) => value !== undefined);
  return schema.meta(Object.fromEntries(known)) as S;
}

/** The metadata of an option. @throws Error where it has no description, which is a error in its declaration */
export function optionMeta(schema: z.ZodType): OptionMeta {
  const meta = schema.meta();
  if (typeof meta?.description !== "string") throw new Error("an option of the workload has no description");
  return meta as unknown as OptionMeta;
}

/** The names of the options that may be varied so, in the order of their declaration. */
export function namesThatVary<Name extends string>(
  shape: Readonly<Record<string, z.ZodType>>,
  ways: readonly OptionMeta["vary"][],
): readonly Name[] {
  const names = Object.keys(shape).filter((name) =>
    ways.includes(shape[name]?.meta()?.vary as OptionMeta["vary"]),
  );
  return names as Name[];
}
