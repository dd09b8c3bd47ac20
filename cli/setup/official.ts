import { fromMakers } from "./fromMakers.ts";
import { ensurePulumi } from "./pulumi.ts";
import type { ImageName, ToolSource } from "./toolSource.ts";
import { versions } from "./versions.ts";

const DEBIAN = `debian:${versions.debian}-slim`;

/** The makers' images, each for amd64 and arm64. */
const MAKER_IMAGES: Record<ImageName, string> = {
  node: DEBIAN,
  registry: DEBIAN,
  kafka: `apache/kafka:${versions.kafka}`,
  influxdb: `influxdb:${versions.influxdb}`,
  telegraf: `telegraf:${versions.telegraf}`,
  grafana: `grafana/grafana:${versions.grafana}`,
  toxiproxy: `ghcr.io/shopify/toxiproxy:${versions.toxiproxy}`,
  bench: `node:${versions.node}-${versions.debian}-slim`,
  portainer: `portainer/portainer-ce:${versions.portainer}`,
  portainerAgent: `portainer/agent:${versions.portainer}`,
};

/** Tools and images as their makers publish them. */
export const official: ToolSource = {
  name: "official",
  title: "from their makers",
  debian: DEBIAN,
  ensurePulumi,
  checkEngine: async () => {},
  image: (name) => ({ base: MAKER_IMAGES[name], payload: async () => ({}) }),
  leftOut: {},
  withoutPages: [],
  goModules: [],
  ensureBase: async () => {}, // the engine pulls it
  fetching: fromMakers,
};
