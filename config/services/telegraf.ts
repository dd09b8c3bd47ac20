import { z } from "zod";
import { longDuration } from "../../contract/units.ts";
import { defineService, enabled, type Limits, limits, limitsOf } from "./service.ts";

const schema = z
  .strictObject({
    enabled,
    interval: longDuration
      .refine((seconds) => seconds >= 1, "expected at least 1 second")
      .prefault("1 second")
      .describe(
        "Time between two samples of nodes, containers and brokers, at least 1 second. Raise it for long runs, or if sampling takes CPU time that the benchmark needs.",
      ),
    ...limits,
  })
  .prefault({})
  .describe("The metric collectors: one on every node, and one more for the brokers.");

type Parsed = z.output<typeof schema>;

/** Settings for the deployment of Telegraf. */
export interface TelegrafSettings {
  intervalSec: number;
  limits: Limits;
}

function settings(parsed: Parsed): TelegrafSettings | undefined {
  return parsed.enabled ? { intervalSec: parsed.interval, limits: limitsOf(parsed) } : undefined;
}

/** Telegraf: samples nodes, containers and brokers. */
export const telegraf = defineService({ title: "Telegraf", schema, needs: ["influxdb"], settings });
