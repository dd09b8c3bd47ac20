import type { InfluxdbSettings } from "../../../config/services.ts";
import type { Service } from "../descriptor.ts";
import { InfluxDb } from "./influxdb.ts";

export const influxdb: Service<InfluxdbSettings, InfluxDb> = {
  title: "InfluxDB",
  images: ["influxdb", "bench"],
  settings: ({ parts }) => parts.influxdb,
  deploy: ({ site, settings, transform, options }) =>
    new InfluxDb("influxdb", { site, settings, transform }, options),
  // Only its maker's image has the pages.
  ui: ({ service, port, user, password, node }, { source }) => ({
    service,
    port,
    user,
    password,
    node,
    pages: source === "official",
  }),
  outputs: ({ url, organization, bucket, operatorToken }) => ({
    influxdb: { url, organization, bucket, token: operatorToken },
  }),
};
