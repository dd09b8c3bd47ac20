import type { InfluxdbSettings } from "../../../config/services/index.ts";
import { type Service, webUi } from "../descriptor.ts";
import { InfluxDb } from "./influxdb.ts";

export const influxdb: Service<InfluxdbSettings, InfluxDb> = {
  title: "InfluxDB",
  images: ["influxdb", "bench"],
  settings: ({ parts }) => parts.influxdb,
  deploy: ({ deployment, settings, transform, options }) =>
    new InfluxDb("influxdb", { deployment, settings, transform }, options),
  // Only its maker's image has the pages.
  ui: (component, { source }) => webUi(component, source === "official"),
  outputs: ({ url, organization, bucket, operatorToken }) => ({
    influxdb: { url, organization, bucket, token: operatorToken },
  }),
};
