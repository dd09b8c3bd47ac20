import { z } from "zod";
import { defineService, enabledWhereAvailable, type Limits, limits, limitsOf, rotation } from "./service.ts";

const schema = z
  .strictObject({ enabled: enabledWhereAvailable, rotation, ...limits })
  .prefault({})
  .describe("Dashboards of the run, the brokers, the nodes and the network, on the monitor node.");

type Parsed = z.output<typeof schema>;

/** Settings for the deployment of Grafana. */
export type GrafanaSettings = Pick<Parsed, "rotation"> & {
  limits: Limits;
  /** Whether the configuration requires Grafana. If not, it is left out when its image is missing. */
  required: boolean;
};

function settings(parsed: Parsed): GrafanaSettings | undefined {
  if (parsed.enabled === false) return undefined;
  return { rotation: parsed.rotation, limits: limitsOf(parsed), required: parsed.enabled === true };
}

/** Grafana: dashboards of the data in InfluxDB. */
export const grafana = defineService({
  title: "Grafana",
  schema,
  needs: ["influxdb"],
  settings,
  images: { grafana: "grafana/grafana:11.6.4" },
});
