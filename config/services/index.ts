// The services of the stack. A new one is a file beside this one, and a line in SERVICES.
import type { z } from "zod";
import { grafana } from "./grafana.ts";
import { influxdb } from "./influxdb.ts";
import { kafka } from "./kafka.ts";
import { portainer } from "./portainer.ts";
import type { ServiceConfig, ServiceContext } from "./service.ts";
import { telegraf } from "./telegraf.ts";

/** Every service by its configuration key, in the order of messages and documentation. */
export const SERVICES = { kafka, influxdb, telegraf, grafana, portainer } as const;

export type ServiceKey = keyof typeof SERVICES;
type PartSchema = { [K in ServiceKey]: (typeof SERVICES)[K]["schema"] };

/** Configuration keys of the services, one object each. */
export const partSchema = Object.fromEntries(
  Object.entries(SERVICES).map(([key, { schema }]) => [key, schema]),
) as PartSchema;

/** The services as their configuration has them. */
export type ParsedParts = { [K in ServiceKey]: z.output<PartSchema[K]> };

/** What the components need to deploy each service; undefined for one that is switched off. */
export type PartSettings = { [K in ServiceKey]?: ReturnType<(typeof SERVICES)[K]["settings"]> };

type AnyService = ServiceConfig<z.ZodType<{ enabled?: boolean }>, unknown>;
const services = Object.entries(SERVICES) as unknown as [ServiceKey, AnyService][];

/** The settings of every service. */
export function partSettings(parsed: ParsedParts): PartSettings {
  return Object.fromEntries(services.map(([key, service]) => [key, service.settings(parsed[key])]));
}

/** What is wrong with the services beyond the form of each option, a line of `path: what is wrong` each. */
export function partErrors(parsed: Partial<ParsedParts>, context: ServiceContext): string[] {
  const own = services.flatMap(([key, { errors }]) => {
    const options = parsed[key];
    return isUsed(options) && errors ? errors(options, context) : [];
  });
  return [...own, ...missingServices(parsed)].map((error) => `swarmbench:${error}`);
}

function isUsed<T extends { enabled?: boolean }>(options: T | undefined): options is T {
  return options !== undefined && options.enabled !== false;
}

function missingServices(parsed: Partial<ParsedParts>): string[] {
  return services.flatMap(([key, { needs = [] }]) =>
    (needs as ServiceKey[])
      .filter((needed) => isUsed(parsed[key]) && parsed[needed]?.enabled === false)
      .map(
        (needed) =>
          `${key}.enabled: ${key} needs ${SERVICES[needed].title}, which swarmbench:${needed}.enabled switches off`,
      ),
  );
}

export type { GrafanaSettings } from "./grafana.ts";
export type { InfluxdbSettings } from "./influxdb.ts";
export { type KafkaSettings, SECURITY_PROTOCOLS, type SecurityProtocol } from "./kafka.ts";
export type { PortainerSettings } from "./portainer.ts";
export { type Limits, limitsOf } from "./service.ts";
export type { TelegrafSettings } from "./telegraf.ts";
