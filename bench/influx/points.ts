import { Point } from "@influxdata/influxdb-client";
import {
  type FieldDescriptor,
  type FieldValues,
  MEASUREMENTS,
  type Measurement,
  type Tag,
} from "../../contract/measurements.ts";

/**
 * Builds a point of one of the contract's measurements.
 *
 * @param atMs ms since 1970
 * @returns undefined if no field has a value, because InfluxDB accepts no point without fields
 */
export function pointOf<M extends Measurement>(
  measurement: M,
  tags: Record<Tag<M>, string>,
  fields: FieldValues<M>,
  atMs: number,
): Point | undefined {
  const { name, tags: tagNames, fields: descriptors } = MEASUREMENTS[measurement];
  const point = new Point(name).timestamp(Math.round(atMs));
  for (const tag of tagNames) point.tag(tag, (tags as Record<string, string>)[tag] ?? "");
  for (const [field, { type }] of Object.entries<FieldDescriptor>(descriptors)) {
    addField(point, field, type, (fields as Record<string, unknown>)[field]);
  }
  return Object.keys(point.fields).length > 0 ? point : undefined;
}

/** Leaves out a value that does not exist, such as a percentile without samples. */
function addField(point: Point, name: string, type: FieldDescriptor["type"], value: unknown): void {
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return;
  if (type === "float") point.floatField(name, value);
  else if (type === "int") point.intField(name, Math.round(value as number));
  else if (type === "boolean") point.booleanField(name, value);
  else point.stringField(name, value);
}
