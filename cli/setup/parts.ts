import { benchBundle } from "./benchBundle.ts";
import { metricsAgent } from "./metricsAgent.ts";
import type { Payload, StackImage, TestbedImage } from "./toolSource.ts";

/** An image that is built from images/FOLDER/Dockerfile. */
export interface Part {
  /** Also its repository in a testbed's registry. */
  folder: string;
  /** Makes what this project adds to the program, wherever that comes from. */
  addition?: () => Promise<Payload>;
}

export const TESTBED_IMAGES: Record<TestbedImage, Part> = {
  node: { folder: "node" },
  registry: { folder: "registry" },
};

export const STACK_IMAGES: Record<StackImage, Part> = {
  kafka: { folder: "kafka", addition: metricsAgent },
  influxdb: { folder: "influxdb" },
  telegraf: { folder: "telegraf" },
  grafana: { folder: "grafana" },
  toxiproxy: { folder: "toxiproxy" },
  bench: { folder: "bench", addition: benchBundle },
  portainer: { folder: "portainer" },
  portainerAgent: { folder: "portainer-agent" },
};
