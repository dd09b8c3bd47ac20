import {
  grafanaPayload,
  influxdbPayload,
  MAKER_IMAGES,
  telegrafPayload,
  toxiproxyPayload,
} from "../../offline/goBuilds.mjs";
import { KAFKA_IMAGE, kafkaPayload } from "../../offline/kafkaJars.mjs";
import { benchPayload, NODE_IMAGE } from "./benchBundle.mjs";

export const DEBIAN = "debian:bookworm-slim";
const PORTAINER = "2.33.6";
const nothing = async () => ({});

/**
 * @typedef {object} Part an image that is built from images/<folder>/Dockerfile
 * @property {string} folder also its repository in a testbed's registry
 * @property {string} base what its Dockerfile starts from where the makers can be reached, else it is our Debian
 * @property {(source: "official" | "built") => Promise<Record<string, string>>} payload makes what the base lacks: by
 *   its path in the image, a file or folder of this machine
 * @property {string} [lane] payloads of one lane are made one after the other
 * @property {boolean} [fromMakerOnly] there is none where its maker cannot be reached
 */

/** What the testbed itself needs: it stays in this machine's engine. @type {Record<string, Part>} */
export const TESTBED_IMAGES = {
  node: { folder: "node", base: DEBIAN, payload: nothing },
  registry: { folder: "registry", base: DEBIAN, payload: nothing },
};

/** What the swarm's services run: they get it from the testbed's registry. @type {Record<string, Part>} */
export const STACK_IMAGES = {
  kafka: { folder: "kafka", base: KAFKA_IMAGE, payload: kafkaPayload },
  influxdb: { folder: "influxdb", base: MAKER_IMAGES.influxdb, payload: influxdbPayload, lane: "go" },
  telegraf: { folder: "telegraf", base: MAKER_IMAGES.telegraf, payload: telegrafPayload, lane: "go" },
  grafana: { folder: "grafana", base: MAKER_IMAGES.grafana, payload: grafanaPayload, lane: "go" },
  toxiproxy: { folder: "toxiproxy", base: MAKER_IMAGES.toxiproxy, payload: toxiproxyPayload, lane: "go" },
  bench: { folder: "bench", base: NODE_IMAGE, payload: benchPayload, lane: "npm" },
  portainer: {
    folder: "portainer",
    base: `portainer/portainer-ce:${PORTAINER}`,
    payload: nothing,
    fromMakerOnly: true,
  },
  portainerAgent: {
    folder: "portainer-agent",
    base: `portainer/agent:${PORTAINER}`,
    payload: nothing,
    fromMakerOnly: true,
  },
};
