import type { Payload } from "../cli/setup/toolSource.ts";
import { versions } from "../cli/setup/versions.ts";
import { ensureGoProgram, goModule } from "./goProgram.ts";
import { prepareLibflux } from "./libflux.ts";

const TELEGRAF_VERSION = "github.com/influxdata/telegraf/internal.Version";

/** The plugins that the stack's configuration uses. Each plugin adds dependencies to the build. */
const TELEGRAF_PLUGINS = {
  inputs: ["cpu", "disk", "diskio", "docker", "file", "internal", "jolokia2_agent", "mem", "net", "system"],
  processors: ["regex"],
  outputs: ["health", "influxdb_v2"],
  parsers: ["json"],
  serializers: ["influx"],
  secretstores: ["docker"],
};

function pluginTags(plugins: Record<string, string[]>): string[] {
  return Object.entries(plugins).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`));
}

/** Builds InfluxDB's server. */
export async function influxdb(): Promise<Payload> {
  const program = await ensureGoProgram("influxd", {
    directory: goModule("influxd"),
    package: "github.com/influxdata/influxdb/v2/cmd/influxd",
    // The commit of the tag, which the official program prints too.
    ldflags: `-X main.version=v${versions.influxdb} -X main.commit=ec9dcde5d6`,
    tags: ["sqlite_foreign_keys", "sqlite_json"],
    cgo: true,
    prepare: prepareLibflux,
    recipe: 1,
  });
  return { "/usr/bin/influxd": program };
}

/** Builds Telegraf with the plugins that the stack uses. */
export async function telegraf(): Promise<Payload> {
  const program = await ensureGoProgram("telegraf", {
    directory: goModule("telegraf"),
    package: "github.com/influxdata/telegraf/cmd/telegraf",
    ldflags: `-X ${TELEGRAF_VERSION}=${versions.telegraf}`,
    tags: ["custom", ...pluginTags(TELEGRAF_PLUGINS)],
    cgo: false,
  });
  return { "/usr/bin/telegraf": program };
}

/** Builds Toxiproxy, Shopify's TCP proxy. */
export async function toxiproxy(): Promise<Payload> {
  const program = await ensureGoProgram("toxiproxy", {
    directory: goModule("toxiproxy"),
    package: "github.com/Shopify/toxiproxy/v2/cmd/server",
    ldflags: `-X github.com/Shopify/toxiproxy/v2.Version=${versions.toxiproxy}`,
    cgo: false,
  });
  return { "/toxiproxy": program };
}
