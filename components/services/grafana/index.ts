import type { GrafanaSettings } from "../../../config/services/index.ts";
import { type Service, webUi } from "../descriptor.ts";
import { influxdb } from "../influxdb/index.ts";
import { Grafana } from "./grafana.ts";

/** The dashboards. */
export const grafana: Service<GrafanaSettings, Grafana> = {
  title: "Grafana",
  images: ["grafana", "bench"],
  settings: ({ services }) => services.grafana,
  isRequired: ({ required }) => required,
  deploy({ deployment, settings, transform, options, deployed }) {
    const database = deployed(influxdb);
    if (!database) return undefined;
    return new Grafana("grafana", { deployment, settings, transform, influxdb: database }, options);
  },
  ui: (component) => webUi(component, true),
};
