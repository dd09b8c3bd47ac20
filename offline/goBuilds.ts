import type { Payload } from "../cli/setup/toolSource.ts";
import { versions } from "../cli/setup/versions.ts";
import { ensureGoProgram, goModule } from "./goProgram.ts";
import { prepareLibflux } from "./libflux.ts";

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

function pluginTags(plugins: Record<string, string[]>): string[] {
  return Object.entries(plugins).flatMap(([kind, names]) => names.map((name) => `${kind}.${name}`));
}

/** InfluxDB's server. */
export async function influxdb(): Promise<Payload> {
  const program = await ensureGoProgram("influxd", {
    directory: goModule("influxd"),
    package: "github.com/influxdata/influxdb/v2/cmd/influxd",
    // The commit is that of the tag, as the maker's own program says it.
    ldflags: `-X main.version=v${versions.influxdb} -X main.commit=ec9dcde5d6`,
    tags: ["sqlite_foreign_keys", "sqlite_json"],
    cgo: true,
    prepare: prepareLibflux,
    recipe: 1,
  });
  return { "/usr/bin/influxd": program };
}

/** Telegraf, with the plugins that are used. */
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

/** Shopify's TCP proxy. */
export async function toxiproxy(): Promise<Payload> {
  const program = await ensureGoProgram("toxiproxy", {
    directory: goModule("toxiproxy"),
    package: "github.com/Shopify/toxiproxy/v2/cmd/server",
    ldflags: `-X github.com/Shopify/toxiproxy/v2.Version=${versions.toxiproxy}`,
    cgo: false,
  });
  return { "/toxiproxy": program };
}
