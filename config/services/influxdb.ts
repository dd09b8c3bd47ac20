import { z } from "zod";
import { longDuration } from "../../contract/units.ts";
import { defineService, enabled, type Limits, limits, limitsOf, rotation } from "./service.ts";

const name = z
  .string()
  .regex(/^\S(.*\S)?$/, "expected a name without leading or trailing blanks, such as bench");
const retention = longDuration
  .refine((seconds) => seconds >= 3600, "expected at least 1 hour, the minimum of InfluxDB")
  .refine(isWhole, 'expected whole seconds, such as "90 minutes"');

/** Tolerates rounding: 1.1 hours are 3960.0000000000005 seconds. */
function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-6;
}

const schema = z
  .strictObject({
    enabled: enabled.describe(
      "`false` leaves InfluxDB out. Telegraf and Grafana need it: switch them off too.",
    ),
    organization: name
      .prefault("swarmbench")
      .describe("The InfluxDB organisation that owns the bucket. Change it only to match your own queries."),
    bucket: name
      .refine(
        (text) => !text.startsWith("_"),
        'names that start with "_" are reserved by InfluxDB; choose another name',
      )
      .refine(
        (text) => !text.includes('"'),
        "InfluxDB does not allow quotation marks in the name of a bucket",
      )
      .prefault("bench")
      .describe("The bucket for all metrics and results."),
    retention: z
      .literal("forever")
      .or(retention)
      .prefault("30 days")
      .describe("How long InfluxDB keeps data, at least 1 hour. A longer time needs more disk space."),
    rotation,
    ...limits,
  })
  .prefault({})
  .describe("The database of all metrics, on the monitor node.");

type Parsed = z.output<typeof schema>;

/** Settings for the deployment of InfluxDB. */
export type InfluxdbSettings = Pick<Parsed, "organization" | "bucket" | "rotation"> & {
  /** How long data are kept; 0 is InfluxDB's value for "forever". */
  retentionSec: number;
  limits: Limits;
};

function settings(parsed: Parsed): InfluxdbSettings | undefined {
  if (!parsed.enabled) return undefined;
  const { organization, bucket, rotation } = parsed;
  const retentionSec = parsed.retention === "forever" ? 0 : Math.round(parsed.retention);
  return { organization, bucket, retentionSec, rotation, limits: limitsOf(parsed) };
}

/** InfluxDB: the database of all metrics. */
export const influxdb = defineService({ title: "InfluxDB", schema, settings });
