import { z } from "zod";
import { longDuration } from "../../contract/units.ts";
import { defineService, enabled, type Limits, limits, limitsOf, rotation } from "./service.ts";

const name = z
  .string()
  .regex(/^\S(.*\S)?$/, "expected a name without a blank at its beginning or end, such as bench");
const retention = longDuration
  .refine((seconds) => seconds >= 3600, "InfluxDB keeps data for an hour at least")
  .refine(isWhole, 'InfluxDB counts whole seconds; give a time such as "90 minutes"');

/** 1.1 hours are 3960.0000000000005 seconds. */
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
      .describe("InfluxDB's organisation that owns the bucket. Change it only to match queries of your own."),
    bucket: name
      .refine(
        (text) => !text.startsWith("_"),
        'a name that begins with "_" is InfluxDB\'s own; choose another',
      )
      .refine((text) => !text.includes('"'), "InfluxDB takes no bucket with a quotation mark; leave it out")
      .prefault("bench")
      .describe("Bucket that all metrics and results are written to."),
    retention: z
      .literal("forever")
      .or(retention)
      .prefault("30 days")
      .describe(
        "How long InfluxDB keeps data, one hour or more. Raise it to look back further; more data need more disk.",
      ),
    rotation,
    ...limits,
  })
  .prefault({})
  .describe("The database of all metrics, on the monitor node.");

type Parsed = z.output<typeof schema>;

/** What the components need to deploy InfluxDB. */
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

/** InfluxDB, where all metrics are stored. */
export const influxdb = defineService({ title: "InfluxDB", schema, settings });
