// The images that setup builds: everything about an image is declared here once. A service that runs an official image
// unchanged declares it in its own configuration instead (`images` in config/services/).
import { SERVICES } from "../../config/services/index.ts";
import { benchBundle } from "./benchBundle.ts";
import { metricsAgent } from "./metricsAgent.ts";
import type { Payload } from "./toolSource.ts";
import { versions } from "./versions.ts";

/** The official image of a suite of Debian, such as trixie. */
export const debianImage = (suite: string) => `debian:${suite}-slim`;
/** The official image of plain Debian. */
export const DEBIAN = debianImage(versions.debian);

/** An image that setup builds. */
export interface ImageDefinition {
  /** Its repository in a testbed's registry, and the folder in images/ with its Dockerfile unless `dockerfile` is set. */
  folder: string;
  /** Another folder in images/ with the Dockerfile. */
  dockerfile?: string;
  /** The official base image, `name:version`, available for amd64 and arm64. */
  official: string;
  /** Makes the files that this project adds to the base image. */
  addition?: () => Promise<Payload>;
}

/** The testbed's own images, which stay in this machine's engine. */
export const TESTBED_IMAGES = {
  node: { folder: "node", official: DEBIAN },
  registry: { folder: "registry", official: DEBIAN },
} as const satisfies Record<string, ImageDefinition>;

/** The images of the swarm's services, which the nodes pull from the testbed's registry. */
export const STACK_IMAGES = {
  kafka: { folder: "kafka", official: `apache/kafka:${versions.kafka}`, addition: metricsAgent },
  influxdb: { folder: "influxdb", official: `influxdb:${versions.influxdb}` },
  telegraf: { folder: "telegraf", official: `telegraf:${versions.telegraf}` },
  toxiproxy: { folder: "toxiproxy", official: `ghcr.io/shopify/toxiproxy:${versions.toxiproxy}` },
  bench: {
    folder: "bench",
    official: `node:${versions.node}-${versions.debian}-slim`,
    addition: benchBundle,
  },
} as const satisfies Record<string, ImageDefinition>;

/** The official images that services run unchanged. */
export const UNCHANGED_IMAGES: Readonly<Record<string, ImageDefinition>> = Object.fromEntries(
  Object.values(SERVICES).flatMap(({ images = {} }) =>
    Object.entries(images).map(([name, official]) => [
      name,
      { folder: kebabCase(name), dockerfile: "unchanged", official },
    ]),
  ),
);

/** Every image by its key in installation.json. */
export const IMAGES: Readonly<Record<string, ImageDefinition>> = {
  ...TESTBED_IMAGES,
  ...STACK_IMAGES,
  ...UNCHANGED_IMAGES,
};

/** The name of an image in the style of repositories: `portainerAgent` is `portainer-agent`. */
function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
