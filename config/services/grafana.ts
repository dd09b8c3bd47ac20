import { z } from "zod";
import { defineService, enabled, type Limits, limits, limitsOf, rotation } from "./service.ts";

const schema = z
  .strictObject({ enabled, rotation, ...limits })
  .prefault({})
  .describe("Dashboards of the run, the brokers, the nodes and the network, on the monitor node.");

type Parsed = z.output<typeof schema>;

/** What the components need to deploy Grafana. */
export type GrafanaSettings = Pick<Parsed, "rotation"> & { limits: Limits };

function settings(parsed: Parsed): GrafanaSettings | undefined {
  return parsed.enabled ? { rotation: parsed.rotation, limits: limitsOf(parsed) } : undefined;
}

/** Grafana, which shows what InfluxDB has. */
export const grafana = defineService({ title: "Grafana", schema, needs: ["influxdb"], settings });
