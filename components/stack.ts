import * as pulumi from "@pulumi/pulumi";
import { Grafana } from "./grafana";
import type { Part } from "./images";
import { InfluxDb } from "./influxdb";
import type { Installation, StoredImage } from "./installation";
import { Kafka } from "./kafka";
import type { Site } from "./lib/site";
import type { PartSettings } from "./partSettings";
import { Portainer } from "./portainer";
import { Telegraf } from "./telegraf";

/**
 * Says which parts cannot be had, and refuses where one of them is asked for, before anything is touched.
 *
 * @throws pulumi.RunError where Portainer is asked for and its images are not to be had
 */
export async function refuseMissingImages(
  { portainer }: PartSettings,
  { images, source }: Installation,
): Promise<void> {
  if (!portainer || images.portainer) return;
  const why = `its images come from its maker alone, and set-up has made all images itself (${source})`;
  if (portainer.required) {
    throw new pulumi.RunError(
      `Portainer cannot be had: ${why}; nothing was changed. Where the maker's registry can be reached:\n` +
        "  SWARMBENCH_SOURCE=official npm run setup\nElse: pulumi config set --path portainer.enabled false",
    );
  }
  await pulumi.log.info(`no Portainer: ${why}`);
}

/** The images that these parts run; whatever is waited for needs the bench image, which has the jobs. */
export function imagesFor(parts: PartSettings, { images }: Installation): { [P in Part]?: StoredImage } {
  const wanted: Part[] = [
    ...(["kafka", "influxdb", "telegraf", "grafana", "portainer"] as const).filter((part) => parts[part]),
    ...(parts.portainer ? (["portainerAgent"] as const) : []),
  ];
  const needed = wanted.length > 0 ? [...wanted, "bench" as const] : [];
  return Object.fromEntries(needed.flatMap((part) => (images[part] ? [[part, images[part]]] : [])));
}

/** The parts of the stack that are wanted, wired together, and what `up` says of them. */
export function deployStack(
  parts: PartSettings,
  site: Site,
  source: Installation["source"],
  options: pulumi.ComponentResourceOptions,
): Record<string, unknown> {
  const kafka = parts.kafka && new Kafka("kafka", { site, settings: parts.kafka }, options);
  const influxdb = parts.influxdb && new InfluxDb("influxdb", { site, settings: parts.influxdb }, options);
  const telegraf =
    parts.telegraf &&
    influxdb &&
    new Telegraf(
      "telegraf",
      { site, settings: parts.telegraf, influxdb, ...(kafka ? { kafka } : {}) },
      options,
    );
  const grafana =
    parts.grafana && influxdb && new Grafana("grafana", { site, settings: parts.grafana, influxdb }, options);
  const portainer =
    parts.portainer && site.images.has("portainer")
      ? new Portainer("portainer", { site, settings: parts.portainer }, options)
      : undefined;

  // What their pages are made of is in no package registry.
  const pages = source === "official";
  const uis = [
    ...(grafana ? [ui("Grafana", grafana, pages)] : []),
    ...(influxdb ? [ui("InfluxDB", influxdb, pages)] : []),
    ...(portainer ? [ui("Portainer", portainer, true)] : []),
  ];
  return {
    ...(kafka ? { kafka: kafka.target } : {}),
    ...(kafka?.external ? { kafkaExternal: kafka.external } : {}),
    ...(influxdb
      ? {
          influxdb: {
            url: influxdb.url,
            organization: influxdb.organization,
            bucket: influxdb.bucket,
            token: influxdb.operatorToken,
          },
        }
      : {}),
    /** What `npm run ui` opens. */
    uis,
    /** Resolves once every part serves, and is how `up` waits for it. */
    ready: allOf([kafka, influxdb, telegraf, grafana, portainer].map((part) => part?.ready)),
  };
}

/** A job that failed has failed `up`; so what is known is true. InfluxDB's answer is a secret, that it came is none. */
function allOf(answers: (pulumi.Output<string> | undefined)[]): pulumi.Output<boolean> {
  return pulumi.unsecret(pulumi.all(answers).apply(() => true));
}

interface WithUi {
  service: string;
  port: number;
  user: string;
  password: pulumi.Output<string>;
  node: { name: string };
}

/** @param pages whether it has pages for a browser; else it answers its API alone */
function ui(name: string, { service, port, user, password, node }: WithUi, pages: boolean) {
  return { name, service, port, scheme: "http", user, password, node: node.name, pages };
}
