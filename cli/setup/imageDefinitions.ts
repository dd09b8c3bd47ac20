import { benchBundle } from "./benchBundle.ts";
import { metricsAgent } from "./metricsAgent.ts";
import type { Payload, StackImage, TestbedImage } from "./toolSource.ts";

/** An image that is built from images/FOLDER/Dockerfile. */
export interface ImageDefinition {
  /** Also the name of its repository in a testbed's registry. */
  folder: string;
  /** Makes what this project adds to the program; the same for every {@link ToolSource}. */
  addition?: () => Promise<Payload>;
}

/** The images of the testbed itself. */
export const TESTBED_IMAGES: Record<TestbedImage, ImageDefinition> = {
  node: { folder: "node" },
  registry: { folder: "registry" },
};

/** The images of the stack's services. */
export const STACK_IMAGES: Record<StackImage, ImageDefinition> = {
  kafka: { folder: "kafka", addition: metricsAgent },
  influxdb: { folder: "influxdb" },
  telegraf: { folder: "telegraf" },
  grafana: { folder: "grafana" },
  toxiproxy: { folder: "toxiproxy" },
  bench: { folder: "bench", addition: benchBundle },
  portainer: { folder: "portainer" },
  portainerAgent: { folder: "portainer-agent" },
};
