import * as pulumi from "@pulumi/pulumi";
import type { PartSettings } from "../../config/services.ts";
import type { Settings } from "../../config/settings.ts";
import { stackSite } from "../../testbeds/oar/names.ts";
import type { Installation, StoredImage } from "../lib/installation.ts";
import type { Site } from "../lib/site.ts";
import type { Part } from "../swarm/images.ts";
import { Agents } from "./agents/agents.ts";
import { BenchmarkRun, benchPlan, type ReservedNodes } from "./benchmark/benchmark.ts";
import { Grafana } from "./grafana/grafana.ts";
import { InfluxDb } from "./influxdb/influxdb.ts";
import { Kafka } from "./kafka/kafka.ts";
import { Portainer } from "./portainer/portainer.ts";
import { Probes } from "./probes/probes.ts";
import { Telegraf } from "./telegraf/telegraf.ts";

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
export function imagesFor(
  parts: PartSettings,
  { images }: Pick<Installation, "images">,
): { [P in Part]?: StoredImage } {
  const wanted: Part[] = [
    ...(["kafka", "influxdb", "telegraf", "grafana", "portainer"] as const).filter((part) => parts[part]),
    ...(parts.portainer ? (["portainerAgent"] as const) : []),
  ];
  const needed = wanted.length > 0 ? [...wanted, "bench" as const] : [];
  // Next to nothing to send, since its layers but one are the others' too; then a calibration needs no `up`.
  if (parts.kafka) needed.push("toxiproxy");
  return Object.fromEntries(needed.flatMap((part) => (images[part] ? [[part, images[part]]] : [])));
}

/**
 * The parts of the stack that are wanted, wired together, and what `up` says of them.
 *
 * @param after what must be there too before the stack is ready and is measured, such as clocks that agree
 */
export function deployStack(
  settings: Pick<Settings, "parts" | "bench" | "nodes" | "clockSync" | "testbed">,
  site: Site,
  installation: Pick<Installation, "source" | "images">,
  options: pulumi.ComponentResourceOptions,
  after: readonly pulumi.Output<string>[] = [],
): Record<string, unknown> {
  const { parts } = settings;
  const kafka = parts.kafka && new Kafka("kafka", { site, settings: parts.kafka }, options);
  const influxdb = parts.influxdb && new InfluxDb("influxdb", { site, settings: parts.influxdb }, options);
  const telegraf =
    parts.telegraf &&
    influxdb &&
    new Telegraf(
      "telegraf",
      { site, settings: parts.telegraf, influxdb, kafka: kafka || undefined },
      options,
    );
  const grafana =
    parts.grafana && influxdb && new Grafana("grafana", { site, settings: parts.grafana, influxdb }, options);
  const portainer =
    parts.portainer && site.images.has("portainer")
      ? new Portainer("portainer", { site, settings: parts.portainer }, options)
      : undefined;

  // What their pages are made of is in no package registry.
  const pages = installation.source === "official";
  const uis = [
    ...(grafana ? [ui("Grafana", grafana, pages)] : []),
    ...(influxdb ? [ui("InfluxDB", influxdb, pages)] : []),
    ...(portainer ? [ui("Portainer", portainer, true)] : []),
  ];
  const ready = [...after, ...[kafka, influxdb, telegraf, grafana, portainer].map((part) => part?.ready)];
  return {
    /** `npm run calibrate` runs it between agents and brokers. */
    ...(kafka ? { kafka: kafka.target, proxyImage: site.images.ref("toxiproxy") } : {}),
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
    ready: allOf(ready),
    ...(kafka ? deployBenchmark(settings, { site, kafka, influxdb, ready, installation }, options) : {}),
  };
}

interface Deployed {
  site: Site;
  kafka: Kafka;
  influxdb: InfluxDb | undefined;
  ready: (pulumi.Output<string> | undefined)[];
  installation: Pick<Installation, "source" | "images">;
}

/** Agents, and the run that is the last thing of an `up`. */
function deployBenchmark(
  {
    parts,
    bench,
    nodes,
    clockSync,
    testbed,
  }: Pick<Settings, "parts" | "bench" | "nodes" | "clockSync" | "testbed">,
  { site, kafka, influxdb, ready, installation }: Deployed,
  options: pulumi.ComponentResourceOptions,
): Record<string, unknown> {
  if (!bench) return {};
  const { producers, consumers, benchmark } = bench;
  const settings = { producer: producers, consumer: consumers };
  const agents = new Agents("agents", { site, settings }, options);
  const probes = benchmark.network.enabled ? new Probes("probes", site, options) : undefined;
  const conditions = {
    source: installation.source,
    images: imageNames(measuredImages(parts, installation)),
    settings: {
      ...settingsThatTell(parts, bench, nodes),
      clockSync: clockSync.kind,
      testbed: whereIs(testbed),
    },
    nodes: site.nodes.map(({ hostname, role }) => ({ name: hostname, role })),
  };
  const reservation = reservedNodes(testbed, site.owner);
  const plan = benchPlan({ site, settings: bench, kafka, influxdb, conditions, reservation });
  if (!benchmark.run) {
    void pulumi.log.info(
      `no benchmark, since benchmark.run is false; by hand: npm run bench -- -s ${pulumi.getStack()}`,
    );
    return { benchPlan: plan };
  }
  const after = [...ready, agents.ready, probes?.ready].filter((each) => each !== undefined);
  const run = new BenchmarkRun("benchmark", { site, plan, after }, options);
  return { benchPlan: plan, benchmark: run.summary };
}

/** A run on them ends before they are gone. */
function reservedNodes(testbed: Settings["testbed"], owner: Site["owner"]): ReservedNodes | undefined {
  if (testbed.kind !== "oar") return undefined;
  const { sites, extend } = testbed;
  return { sites: sites.map((site) => stackSite(site, owner)), extend };
}

/** For who reads the results: which testbed it was, and where. */
function whereIs(testbed: Settings["testbed"]): { kind: string; where?: string } {
  const { kind } = testbed;
  if (testbed.kind !== "oar") return { kind };
  return { kind, where: testbed.sites.map(({ settings }) => settings.frontend).join(", ") };
}

/** What tells on the figures: the proxy is there for a calibration alone. */
function measuredImages(parts: PartSettings, installation: Pick<Installation, "images">) {
  const { toxiproxy: _, ...measured } = imagesFor(parts, installation);
  return measured;
}

function imageNames(images: { [P in Part]?: StoredImage }): Record<string, string> {
  return Object.fromEntries(
    Object.entries(images).map(([part, { repository, digest }]) => [part, `${repository}@${digest}`]),
  );
}

/** What is put under load, and who does it: a run records it, and the benchmark runs again when it changes. */
function settingsThatTell(
  { kafka }: PartSettings,
  { producers, consumers }: NonNullable<Settings["bench"]>,
  nodes: Settings["nodes"],
): Record<string, unknown> {
  const { rotation: _, externalPort: __, ...broker } = kafka ?? { rotation: 0 };
  const machines = nodes.map(({ name, role, cpus, memoryMiB, network }) => ({
    name,
    role,
    cpus,
    memoryMiB,
    network,
  }));
  return { nodes: machines, kafka: broker, producers, consumers };
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
