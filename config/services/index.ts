// The configuration of the stack's services. A new service has a file in this folder and a line in SERVICES.
import type { z } from "zod";
import { grafana } from "./grafana.ts";
import { influxdb } from "./influxdb.ts";
import { kafka } from "./kafka.ts";
import { portainer } from "./portainer.ts";
import type { ServiceConfig, ServiceContext } from "./service.ts";
import { telegraf } from "./telegraf.ts";

/** Every service by its configuration key, in the order used by messages and documentation. */
export const SERVICES = { kafka, influxdb, telegraf, grafana, portainer } as const;

/** The configuration key of a service. */
export type ServiceKey = keyof typeof SERVICES;
type ServiceSchema = { [K in ServiceKey]: (typeof SERVICES)[K]["schema"] };

/** The schema of each service's configuration key. */
export const serviceSchema = Object.fromEntries(
  Object.entries(SERVICES).map(([key, { schema }]) => [key, schema]),
) as ServiceSchema;

/** The parsed configuration of the services. */
export type ParsedServices = { [K in ServiceKey]: z.output<ServiceSchema[K]> };

/** Settings for the deployment of each service; undefined for services that are switched off. */
export type ServiceSettings = { [K in ServiceKey]?: ReturnType<(typeof SERVICES)[K]["settings"]> };

type AnyService = ServiceConfig<z.ZodType<{ enabled?: boolean }>, unknown>;
const services = Object.entries(SERVICES) as unknown as [ServiceKey, AnyService][];

/** Returns the settings of every service. */
export function serviceSettings(parsed: ParsedServices): ServiceSettings {
  const { enabled, security } = parsed.kafka;
  const others = { kafkaEncrypts: enabled && security.endsWith("SSL") };
  return Object.fromEntries(services.map(([key, service]) => [key, service.settings(parsed[key], others)]));
}

/** Returns errors of the services that involve several options, as lines of `path: what is wrong`. */
export function serviceErrors(parsed: Partial<ParsedServices>, context: ServiceContext): string[] {
  const own = services.flatMap(([key, { errors }]) => {
    const options = parsed[key];
    return isUsed(options) && errors ? errors(options, context) : [];
  });
  return [...own, ...missingServices(parsed)].map((error) => `swarmbench:${error}`);
}

function isUsed<T extends { enabled?: boolean }>(options: T | undefined): options is T {
  return options !== undefined && options.enabled !== false;
}

function missingServices(parsed: Partial<ParsedServices>): string[] {
  return services.flatMap(([key, { needs = [] }]) =>
    (needs as ServiceKey[])
      .filter((needed) => isUsed(parsed[key]) && parsed[needed]?.enabled === false)
      .map(
        (needed) =>
          `${key}.enabled: ${key} needs ${SERVICES[needed].title}, which is switched off by swarmbench:${needed}.enabled`,
      ),
  );
}

export type { GrafanaSettings } from "./grafana.ts";
export type { InfluxdbSettings } from "./influxdb.ts";
export { type KafkaSettings, SECURITY_PROTOCOLS, type SecurityProtocol } from "./kafka.ts";
export type { PortainerSettings } from "./portainer.ts";
export { type Limits, limitsOf } from "./service.ts";
export type { TelegrafSettings } from "./telegraf.ts";
