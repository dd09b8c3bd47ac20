import { readFileSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.ts";

const manifest = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8")) as {
  dependencies: Record<"@pulumi/pulumi" | "@pulumi/docker" | "@pulumi/command", string>;
};

/** The version of every program that setup installs or puts into an image; the same for every tool source. */
export const versions = {
  /** Pulumi's CLI; it and the plugins have the version of their npm package. */
  pulumi: manifest.dependencies["@pulumi/pulumi"],
  docker: manifest.dependencies["@pulumi/docker"],
  command: manifest.dependencies["@pulumi/command"],

  debian: "bookworm",
  node: "24.21.0",
  kafka: "4.3.1",
  /** The agent that serves Kafka's metrics. */
  jolokia: "2.6.0",
  influxdb: "2.7.12",
  telegraf: "1.30.0",
  toxiproxy: "2.12.0",
};
