import { z } from "zod";
import { longDuration, within } from "../../contract/units.ts";
import { defineService, enabled, type Limits, limits, limitsOf } from "./service.ts";

const schema = z
  .strictObject({
    enabled,
    interval: within(longDuration, { least: [1, "1 second"], most: [3600, "1 hour"] })
      .prefault("1 second")
      .describe(
        "Time between two samples, from 1 second to 1 hour. Disks and clocks are sampled every 10 s, brokers every 5 s and containers every 30 s, unless the interval is longer. Raise it for long runs, or if sampling takes CPU time that the benchmark needs.",
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
