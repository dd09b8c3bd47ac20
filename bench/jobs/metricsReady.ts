import { flux, fluxDateTime } from "@influxdata/influxdb-client";
import { z } from "zod";
import { influxTargetSchema } from "../../contract/target.ts";
import { influxClient } from "../influx/client.ts";
import { type JobContext, job } from "../job.ts";
import { retryUntil } from "../retry.ts";

const TIMEOUT_MS = 10_000;

const seriesSchema = z.strictObject({
  measurement: z.string().min(1),
  /** The tag that must have each of `values` in some sample. */
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

/** The result of the job `metrics-ready`. */
interface MetricsReadyResult {
  /** Number of expected tag values. */
  series: number;
}

/** Queries the values of a tag in samples that were written since the job started. */
export type TagValues = (series: Series) => Promise<string[]>;

/**
 * Waits until every expected sender has written a sample since the job started.
 *
 * @throws SwarmbenchError `service-failed` with the missing senders after the timeout
 */
export async function waitForMetrics(
  input: Input,
  context: JobContext,
  valuesOf: TagValues = tagValuesIn(input, new Date()),
): Promise<MetricsReadyResult> {
  const wait = retryUntil(context, input.timeoutSec);
  for (const series of input.series) {
    const { measurement, tag, values } = series;
    await wait(
      {
        what: `samples of ${measurement}`,
        hint: "See the collectors on the manager: docker service ps telegraf, docker service logs telegraf",
      },
      async () => {
        const present = await valuesOf(series);
        const missing = values.filter((value) => !present.includes(value));
        if (missing.length > 0) throw new Error(`none with ${tag} ${missing.join(", ")}`);
      },
    );
  }
  return { series: input.series.reduce((sum, { values }) => sum + values.length, 0) };
}

function tagValuesIn({ influx }: Input, since: Date): TagValues {
  const { token, org, bucket } = influx;
  const api = influxClient(influx, { token, timeout: TIMEOUT_MS }).getQueryApi(org);
  return async ({ measurement, tag }) => {
    const query = flux`from(bucket: ${bucket})
      |> range(start: ${fluxDateTime(since.toISOString())})
      |> filter(fn: (r) => r._measurement == ${measurement} and exists r[${tag}])
      |> keep(columns: [${tag}])
      |> group()
      |> distinct(column: ${tag})`;
    return (await api.collectRows<{ _value: string }>(query)).map(({ _value }) => _value);
  };
}

/** The job that waits for metrics in InfluxDB. */
export const metricsReady = job({
  input: inputSchema,
  run: (input, context) => waitForMetrics(input, context),
});
