import { type ClientOptions, InfluxDB } from "@influxdata/influxdb-client";
import type { InfluxTarget } from "../../contract/target.ts";

/** An InfluxDB: its URL, and the authority with which its certificate is verified. */
export type InfluxServer = Pick<InfluxTarget, "url" | "ca">;

/** Returns a client of an InfluxDB. Over HTTPS it always verifies the server's certificate. */
export function influxClient(
  { url, ca }: InfluxServer,
  options: Pick<ClientOptions, "token" | "timeout" | "headers">,
): InfluxDB {
  // Options of Node's https.request.
  const transportOptions = ca === undefined ? {} : { ca };
  return new InfluxDB({ ...options, url, transportOptions });
}
