import { z } from "zod";
import { defineService, enabledWhereAvailable, type Limits, limits, limitsOf, rotation } from "./service.ts";

const schema = z
  .strictObject({ enabled: enabledWhereAvailable, rotation, ...limits })
  .prefault({})
  .describe("Dashboards of the run, the brokers, the nodes and the network, on the monitor node.");

type Parsed = z.output<typeof schema>;

/** What the components need to deploy Grafana. */
export type GrafanaSettings = Pick<Parsed, "rotation"> & {
  limits: Limits;
  /** Whether the configuration asks for it; otherwise it is deployed where its image can be had. */
  required: boolean;
};

function settings(parsed: Parsed): GrafanaSettings | undefined {
  if (parsed.enabled === false) return undefined;
  return { rotation: parsed.rotation, limits: limitsOf(parsed), required: parsed.enabled === true };
}

/** Grafana, which shows what InfluxDB has. */
export const grafana = defineService({ title: "Grafana", schema, needs: ["influxdb"], settings });
