import { z } from "zod";
import { longDuration } from "../../contract/units.ts";
import { defineService, enabled, type Limits, limits, limitsOf } from "./service.ts";

const schema = z
  .strictObject({
    enabled,
    interval: longDuration
      .refine((seconds) => seconds >= 1, "expected 1 second at least")
      .prefault("1 second")
      .describe(
        "Time between two samples of nodes, containers and brokers, 1 second or more. Raise it for long runs, or where sampling takes CPU time that the benchmark needs.",
      ),
    ...limits,
  })
  .prefault({})
  .describe("The collectors of metrics: one on every node, and one more that asks the brokers.");

type Parsed = z.output<typeof schema>;

/** What the components need to deploy Telegraf. */
export interface TelegrafSettings {
  intervalSec: number;
  limits: Limits;
}

function settings(parsed: Parsed): TelegrafSettings | undefined {
  return parsed.enabled ? { intervalSec: parsed.interval, limits: limitsOf(parsed) } : undefined;
}

/** Telegraf, which samples nodes, containers and brokers. */
export const telegraf = defineService({ title: "Telegraf", schema, needs: ["influxdb"], settings });
