import type { InfluxdbSettings } from "../../../config/services/index.ts";
import { type Service, webUi } from "../descriptor.ts";
import { InfluxDb } from "./influxdb.ts";

/** The database of all metrics. */
export const influxdb: Service<InfluxdbSettings, InfluxDb> = {
  title: "InfluxDB",
  images: ["influxdb", "bench"],
  settings: ({ services }) => services.influxdb,
  deploy: ({ deployment, settings, transform, options }) =>
    new InfluxDb("influxdb", { deployment, settings, transform }, options),
  ui: (component, { withoutPages }) => webUi(component, !withoutPages.includes("influxdb")),
  outputs: ({ url, organization, bucket, operatorToken, ca }) => ({
    influxdb: { url, organization, bucket, token: operatorToken, ...(ca ? { ca } : {}) },
  }),
};
