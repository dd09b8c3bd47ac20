import type { QueryApi } from "@influxdata/influxdb-client";
import type { FakeRun } from "./fakeRun.ts";

/**
 * Runs a panel's query as Grafana sends it, with the dashboard's variables and with Flux's `v`, in which Grafana passes the bucket
 * and the time range, and returns the number of rows.
 */
export async function rowCount(api: QueryApi, bucket: string, query: string, run: FakeRun): Promise<number> {
  const time = (ms: number) => new Date(ms).toISOString();
  const shown = [
    `defaultBucket: ${JSON.stringify(bucket)}`,
    `timeRangeStart: ${time(run.startMs - 60_000)}`,
    `timeRangeStop: ${time(Date.now())}`,
    "windowPeriod: 1s",
  ];
  const filled = query.replaceAll(/\$\{run(:\w+)?\}/g, run.run).replaceAll(/\$\{\w+:regex\}/g, ".*");
  const text = `option v = {${shown.join(", ")}}\n${filled}`;
  try {
    return (await api.collectRows(text)).length;
  } catch (cause) {
    throw new Error(`InfluxDB rejected a panel's query: ${(cause as Error).message}\n${text}`, { cause });
  }
}
