import { z } from "zod";
import { longDuration, wholeSeconds, within, yesOrNo } from "../../contract/units.ts";
import {
  defineService,
  enabled,
  type Limits,
  limits,
  limitsOf,
  type OtherServices,
  rotation,
} from "./service.ts";

const name = z
  .string()
  .regex(/^\S(.*\S)?$/, "expected a name without leading or trailing blanks, such as bench");
const retention = wholeSeconds(
  within(longDuration, {
    least: [3600, "1 hour, the minimum of InfluxDB"],
    most: [3650 * 86_400, "3650 days; for a longer time set forever"],
  }),
);

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
    tls: yesOrNo.optional().meta({
      description:
        "`true`: InfluxDB serves HTTPS only, so that its tokens and passwords are encrypted on the network. `up` creates its certificate, and Telegraf, Grafana and the benchmark verify it. `false`: it serves HTTP.",
      whenAbsent: "`true` if `kafka.security` is `SSL` or `SASL_SSL`, otherwise `false`",
    }),
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
  /** Whether it serves HTTPS instead of HTTP. */
  tls: boolean;
  limits: Limits;
};

function settings(parsed: Parsed, { kafkaEncrypts }: OtherServices): InfluxdbSettings | undefined {
  if (!parsed.enabled) return undefined;
  const { organization, bucket, rotation } = parsed;
  const retentionSec = parsed.retention === "forever" ? 0 : parsed.retention;
  const tls = parsed.tls ?? kafkaEncrypts;
  return { organization, bucket, retentionSec, tls, rotation, limits: limitsOf(parsed) };
}

/** InfluxDB: the database of all metrics. */
export const influxdb = defineService({ title: "InfluxDB", schema, settings });
