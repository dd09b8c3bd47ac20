import path from "node:path";
import { ensureGoProgram } from "./goProgram.mjs";
import { prepareGrafana } from "./grafanaServer.mjs";
import { prepareLibflux } from "./libflux.mjs";

/** The makers' images of what is built here where they cannot be pulled: the same versions where the registries allow. */
export const MAKER_IMAGES = {
  influxdb: "influxdb:2.7.12",
  telegraf: "telegraf:1.30.0",
  grafana: "grafana/grafana:11.6.4",
  /** The last one on the hub that needs no host to be named; what is used of its API is the same as in 2.12. */
  toxiproxy: "shopify/toxiproxy:2.1.4",
};

const TELEGRAF_VERSION = "github.com/influxdata/telegraf/internal.Version";

/** What the stack's configuration names; each plugin brings its own dependencies. */
const TELEGRAF_PLUGINS = {
  inputs: ["cpu", "disk", "diskio", "docker", "file", "internal", "jolokia2_agent", "mem", "net", "system"],
  processors: ["regex"],
  outputs: ["health", "influxdb_v2"],
  parsers: ["json"],
  serializers: ["influx"],
  secretstores: ["docker"],
};

/** @type {Record<"influxd" | "telegraf" | "grafana" | "toxiproxy", import("./goProgram.mjs").GoProgram>} */
const PROGRAMS = {
  influxd: {
    module: "influxd",
    package: "github.com/influxdata/influxdb/v2/cmd/influxd",
    // The commit is that of the tag, as the maker's own program says it.
    ldflags: "-X main.version=v2.7.12 -X main.commit=ec9dcde5d6",
    tags: ["sqlite_foreign_keys", "sqlite_json"],
    cgo: true,
    prepare: prepareLibflux,
    recipe: 1,
  },
  telegraf: {
    module: "telegraf",
    package: "github.com/influxdata/telegraf/cmd/telegraf",
    ldflags: `-X ${TELEGRAF_VERSION}=1.30.0`,
    tags: ["custom", ...pluginTags(TELEGRAF_PLUGINS)],
    cgo: false,
  },
  grafana: {
    module: "grafana",
    package: "github.com/grafana/grafana/pkg/cmd/grafana",
    ldflags: "-X main.version=10.0.0-preview -X main.commit=81d85ce8028d",
    tags: ["oss"],
    cgo: true,
    prepare: prepareGrafana,
    recipe: 1,
  },
  toxiproxy: {
    module: "toxiproxy",
    package: "github.com/Shopify/toxiproxy/v2/cmd/server",
    ldflags: "-X github.com/Shopify/toxiproxy/v2.Version=2.12.0",
    cgo: false,
  },
};

function pluginTags(plugins) {
  return Object.entries(plugins).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`));
}

/**
 * What an image needs beyond its base: the path in the image, and the file or folder of this machine that goes there.
 *
 * @typedef {Record<string, string>} Payload
 */

/** @param {"official" | "built"} source @returns {Promise<Payload>} */
export async function influxdbPayload(source) {
  if (source === "official") return {};
  return { "/usr/bin/influxd": await ensureGoProgram("influxd", PROGRAMS.influxd) };
}

/** @param {"official" | "built"} source @returns {Promise<Payload>} */
export async function telegrafPayload(source) {
  if (source === "official") return {};
  return { "/usr/bin/telegraf": await ensureGoProgram("telegraf", PROGRAMS.telegraf) };
}

/** @param {"official" | "built"} source @returns {Promise<Payload>} */
export async function grafanaPayload(source) {
  if (source === "official") return {};
  const program = await ensureGoProgram("grafana", PROGRAMS.grafana);
  const home = "/usr/share/grafana";
  return { [`${home}/bin/grafana`]: program, [home]: path.join(path.dirname(program), "home") };
}

/** @param {"official" | "built"} source @returns {Promise<Payload>} */
export async function toxiproxyPayload(source) {
  if (source === "official") return {};
  return { "/toxiproxy": await ensureGoProgram("toxiproxy", PROGRAMS.toxiproxy) };
}
