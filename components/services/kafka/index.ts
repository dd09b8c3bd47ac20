import type { KafkaSettings } from "../../../config/services/index.ts";
import type { Service } from "../descriptor.ts";
import { Kafka } from "./kafka.ts";

/** Sent with Kafka's own, which has all of its layers but one, so that a calibration needs no second `up`. */
export const PROXY_IMAGE = "toxiproxy";

export const kafka: Service<KafkaSettings, Kafka> = {
  title: "Kafka",
  images: ["kafka", "bench", PROXY_IMAGE],
  settings: ({ parts }) => parts.kafka,
  deploy: ({ deployment, settings, transform, options }) =>
    new Kafka("kafka", { deployment, settings, transform }, options),
  outputs: ({ target, external }, deployment) => ({
    kafka: target,
    kafkaExternal: external,
    /** `npm run calibrate` runs it between agents and brokers. */
    proxyImage: deployment.images.ref(PROXY_IMAGE),
  }),
};
