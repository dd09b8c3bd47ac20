import * as pulumi from "@pulumi/pulumi";
import type { KafkaSettings } from "../../../config/services/index.ts";
import type { Service } from "../descriptor.ts";
import { Kafka } from "./kafka.ts";

/** Sent with Kafka's own, which has all of its layers but one, so that a calibration needs no second `up`. */
export const PROXY_IMAGE = "toxiproxy";

export const kafka: Service<KafkaSettings, Kafka> = {
  title: "Kafka",
  images: ["kafka", "bench", PROXY_IMAGE],
  settings: ({ parts }) => parts.kafka,
  deploy: ({ site, settings, transform, options }) => {
    const warning = openPortWarning(settings);
    if (warning !== undefined) void pulumi.log.warn(warning);
    return new Kafka("kafka", { site, settings, transform }, options);
  },
  outputs: ({ target, external }, site) => ({
    kafka: target,
    kafkaExternal: external,
    /** `npm run calibrate` runs it between agents and brokers. */
    proxyImage: site.images.ref(PROXY_IMAGE),
  }),
};

/** A warning where brokers can be used by everyone who reaches a node; undefined where they cannot. */
export function openPortWarning({
  externalPort,
  security,
}: Pick<KafkaSettings, "externalPort" | "security">): string | undefined {
  if (externalPort === undefined || security.startsWith("SASL_")) return undefined;
  return (
    `kafka.externalPort: anyone who reaches port ${externalPort} of the brokers' nodes can read, write and delete all ` +
    `topics, since kafka.security is ${security}`
  );
}
