import { agents } from "./agents/index.ts";
import { benchmark } from "./benchmark/index.ts";
import type { Service } from "./descriptor.ts";
import { grafana } from "./grafana/index.ts";
import { influxdb } from "./influxdb/index.ts";
import { kafka } from "./kafka/index.ts";
import { portainer } from "./portainer/index.ts";
import { probes } from "./probes/index.ts";
import { telegraf } from "./telegraf/index.ts";
import { token } from "./token/index.ts";

/** The services of the stack in the order of their deployment: each comes after the services that it needs. */
export const SERVICES = { kafka, influxdb, telegraf, grafana, portainer, token, agents, probes, benchmark };

/** Changes that index.ts makes to each service beyond its settings: see `Transform` in components/lib/service.ts. */
export type StackTransforms = {
  [Name in keyof typeof SERVICES]?: (typeof SERVICES)[Name] extends Service<
    infer _Own,
    infer _Component,
    infer Transformed
  >
    ? Transformed
    : never;
};
