import { mkdirSync } from "node:fs";
import path from "node:path";
import type { ImageName, Payload, ToolSource } from "../cli/setup/toolSource.ts";
import { BASE_IMAGE, baseImageOf, ensureBaseImage } from "./baseImage.ts";
import { PROVIDER_API, refuseTooNew } from "./engineApi.ts";
import { influxdb, telegraf, toxiproxy } from "./goBuilds.ts";
import { kafka } from "./kafkaJars.ts";
import { node } from "./nodeProgram.ts";
import { linkPlugins, pulumiTools } from "./pulumiTools.ts";

const nothing = async (): Promise<Payload> => ({});

/** The files that each image adds to Debian. Images that are not listed exist only as official images. */
const PAYLOADS: Partial<Record<ImageName, () => Promise<Payload>>> = {
  node: nothing,
  registry: nothing,
  kafka,
  influxdb,
  telegraf,
  toxiproxy,
  bench: node,
};

/** Images that exist only as their makers publish them. */
const LEFT_OUT = {
  reason: "only its maker has an image of it, and setup built all images from package registries",
  hint: "SWARMBENCH_SOURCE=official npm run setup",
};

/** Tools and images that are built on this machine, from package registries alone. */
export const built: ToolSource = {
  name: "built",
  title: "built from package registries",
  debian: BASE_IMAGE,
  async debianSuite(suite, engineHost) {
    await ensureBaseImage(engineHost, suite);
    return baseImageOf(suite);
  },
  checkEngine: refuseTooNew,
  ensureBase: ensureBaseImage,
  fetching: (work) => work(),
  leftOut: { grafana: LEFT_OUT, portainer: LEFT_OUT, portainerAgent: LEFT_OUT },
  withoutPages: ["influxdb"],
  newestApi: PROVIDER_API,
  goModules: ["command-provider", "docker-provider", "pulumi-language-nodejs"].map(
    (name) => `offline/go/${name}`,
  ),

  async ensurePulumi(plugins) {
    mkdirSync(plugins, { recursive: true });
    const programs = await pulumiTools();
    linkPlugins(programs, path.resolve(plugins));
    return programs.bin;
  },

  image(name) {
    const payload = PAYLOADS[name];
    return payload && { base: BASE_IMAGE, payload };
  },
};
