import * as pulumi from "@pulumi/pulumi";
import type { KafkaSettings } from "../../../config/services/index.ts";
import type { NetworkName } from "../../../contract/network.ts";
import { loadNetwork } from "../../lib/deployment.ts";
import type { Service } from "../descriptor.ts";
import { Kafka } from "./kafka.ts";

/** Image of the proxy. It is pushed with Kafka's own image, so that a calibration needs no second `up`. */
export const PROXY_IMAGE = "toxiproxy";

/** The Kafka cluster that is measured. */
export const kafka: Service<KafkaSettings, Kafka> = {
  title: "Kafka",
  images: ["kafka", "bench", PROXY_IMAGE],
  settings: ({ services }) => services.kafka,
  deploy: ({ deployment, settings, transform, options }) => {
    const warning = openPortWarning(settings, loadNetwork(deployment));
    if (warning !== undefined) void pulumi.log.warn(warning);
    return new Kafka("kafka", { deployment, settings, transform }, options);
  },
  outputs: ({ target, external }, deployment) => ({
    kafka: target,
    kafkaExternal: external,
    /** `npm run calibrate` runs it between agents and brokers. */
    proxyImage: deployment.images.ref(PROXY_IMAGE),
  }),
};

/** A warning if everyone who reaches a node can use the brokers; otherwise undefined. */
export function openPortWarning(
  { externalPort, security }: Pick<KafkaSettings, "externalPort" | "security">,
  network: NetworkName,
): string | undefined {
  if (security.startsWith("SASL_")) return undefined;
  if (network === "host") {
    return (
      "swarm.network: anyone who reaches the brokers' nodes can read, write and delete all topics, since " +
      `kafka.security is ${security}`
    );
  }
  if (externalPort === undefined) return undefined;
  return (
    `kafka.externalPort: anyone who reaches port ${externalPort} of the brokers' nodes can read, write and delete all ` +
    `topics, since kafka.security is ${security}`
  );
}
