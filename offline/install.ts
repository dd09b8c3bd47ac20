import { mkdirSync } from "node:fs";
import path from "node:path";
import type { ImageName, Payload, ToolSource } from "../cli/setup/toolSource.ts";
import { BASE_IMAGE, ensureBaseImage } from "./baseImage.ts";
import { refuseTooNew } from "./engineApi.ts";
import { influxdb, telegraf, toxiproxy } from "./goBuilds.ts";
import { kafka } from "./kafkaJars.ts";
import { node } from "./nodeProgram.ts";
import { linkPlugins, pulumiTools } from "./pulumiTools.ts";

const nothing = async (): Promise<Payload> => ({});

/** The files that each image adds to Debian. Images that are not listed only exist as official images. */
const PAYLOADS: Partial<Record<ImageName, () => Promise<Payload>>> = {
  node: nothing,
  registry: nothing,
  kafka,
  influxdb,
  telegraf,
  toxiproxy,
  bench: node,
};

/** Tools and images that are built on this machine from package registries. */
export const built: ToolSource = {
  name: "built",
  title: "built from package registries",
  debian: BASE_IMAGE,
  checkEngine: refuseTooNew,
  ensureBase: ensureBaseImage,
  fetching: (work) => work(),

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
