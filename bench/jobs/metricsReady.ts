import { flux, fluxDateTime, InfluxDB } from "@influxdata/influxdb-client";
import { z } from "zod";
import { influxTargetSchema } from "../../contract/target.ts";
import { type JobContext, job } from "../job.ts";
import { retryUntil } from "../retry.ts";

const TIMEOUT_MS = 10_000;

const seriesSchema = z.strictObject({
  measurement: z.string().min(1),
  /** Each of these values of this tag must have a sample. */
  tag: z.string().min(1),
  values: z.array(z.string()).min(1),
});
const inputSchema = z.strictObject({
  influx: influxTargetSchema,
  series: z.array(seriesSchema).min(1),
  timeoutSec: z.number().positive(),
});
type Input = z.output<typeof inputSchema>;
type Series = z.output<typeof seriesSchema>;

export interface MetricsReadyResult {
  series: number;
}

/** Gives the values of a tag that samples of a measurement have, of those that are younger than this job. */
export type TagValues = (series: Series) => Promise<string[]>;

/** Waits until there are fresh samples from everyone who is to send them. */
export async function waitForMetrics(
  input: Input,
  context: JobContext,
  valuesOf: TagValues = asker(input, new Date()),
): Promise<MetricsReadyResult> {
  const wait = retryUntil(context, input.timeoutSec);
  for (const series of input.series) {
    const { measurement, tag, values } = series;
    await wait(
      {
        what: `samples of ${measurement}`,
        next: "See how the collectors fare on the manager: docker service ps telegraf, docker service logs telegraf",
      },
      async () => {
        const there = await valuesOf(series);
        const lacking = values.filter((value) => !there.includes(value));
        if (lacking.length > 0) throw new Error(`none with ${tag} ${lacking.join(", ")}`);
      },
    );
  }
  return { series: input.series.reduce((sum, { values }) => sum + values.length, 0) };
}

function asker({ influx }: Input, began: Date): TagValues {
  const { url, token, org, bucket } = influx;
  const api = new InfluxDB({ url, token, timeout: TIMEOUT_MS }).getQueryApi(org);
  return async ({ measurement, tag }) => {
    const query = flux`from(bucket: ${bucket})
      |> range(start: ${fluxDateTime(began.toISOString())})
      |> filter(fn: (r) => r._measurement == ${measurement} and exists r[${tag}])
      |> keep(columns: [${tag}])
      |> group()
      |> distinct(column: ${tag})`;
    return (await api.collectRows<{ _value: string }>(query)).map(({ _value }) => _value);
  };
}

export const metricsReady = job({
  input: inputSchema,
  run: (input, context) => waitForMetrics(input, context),
});
