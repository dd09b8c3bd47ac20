import * as pulumi from "@pulumi/pulumi";
import type { TelegrafSettings } from "../../../config/services/index.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import type { Site } from "../../lib/deployment.ts";
import { configFile, secretFile } from "../../lib/files.ts";
import { runJob } from "../../lib/job.ts";
import type { Node } from "../../lib/node.ts";
import { homeOf } from "../../lib/placement.ts";
import { service, type Transforms } from "../../lib/service.ts";
import type { InfluxDb } from "../influxdb/influxdb.ts";
import type { Kafka } from "../kafka/kafka.ts";
import { kafkaConfig, NODE_MOUNTS, nodeConfig, nodeEnvironment } from "./config.ts";
import { KAFKA_METRICS } from "./kafkaMetrics.ts";
import { NODE_METRICS } from "./metrics.ts";

const NAME = "telegraf";
/** Of the collector that asks the brokers. */
const KAFKA_COLLECTOR = "telegraf-kafka";
const CONFIG = "/etc/telegraf/telegraf.conf";
const TOKEN_FILE = "/run/secrets/influx_token";

const TIMEOUT_SEC = 120;

interface TelegrafArgs {
  site: Site;
  settings: TelegrafSettings;
  influxdb: InfluxDb;
  kafka?: Kafka;
  /** Of both collectors. */
  transform?: Transforms;
}

/**
 * Telegraf on every node, for the node and its containers, and one more on the monitor node that asks all brokers:
 * the tasks of a global service share one configuration, so each would ask every broker.
 */
export class Telegraf extends pulumi.ComponentResource {
  /** Resolves once there are samples from every node and every broker. */
  readonly ready: pulumi.Output<string>;

  private readonly args: TelegrafArgs;

  constructor(name: string, args: TelegrafArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Telegraf", name, {}, options);
    this.args = args;

    const { site, kafka, influxdb } = args;
    const token = secretFile(`${name}-token`, influxdb.writeToken, site, this);
    const { url, organization: org, bucket } = influxdb;
    const output = { url, org, bucket, intervalSec: args.settings.intervalSec };
    const collectors = [this.collector(name, NAME, "every node", nodeConfig(output), token)];
    if (kafka) {
      const config = kafkaConfig({ ...output, brokers: kafka.jolokia });
      const home = homeOf("monitor", site.nodes);
      collectors.push(this.collector(`${name}-kafka`, KAFKA_COLLECTOR, home, config, token));
    }
    this.ready = this.awaitSamples(name, collectors.flat());
    this.registerOutputs({});
  }

  private collector(
    name: string,
    serviceName: string,
    on: Node | "every node",
    config: string,
    token: ReturnType<typeof secretFile>,
  ): pulumi.Output<string>[] {
    const { site, settings, transform } = this.args;
    const file = configFile(`${name}-config`, config, site, this);
    const declared = service(
      name,
      {
        site,
        name: serviceName,
        image: site.images.ref("telegraf"),
        environment: nodeEnvironment(site.swarm.manager.address),
        on,
        limits: settings.limits,
        mounts: on === "every node" ? NODE_MOUNTS : [],
        files: [
          { path: CONFIG, source: file },
          { path: TOKEN_FILE, source: token },
        ],
        transform: transform?.service,
      },
      this,
    );
    // Its id stays when its image, its settings or its files change.
    return [declared.id, file.id, token.id, site.images.ref("telegraf"), declared.settings];
  }

  /** What a global service's tasks do is not told by the service: swarm starts one that dies again and again. */
  private awaitSamples(name: string, collectors: pulumi.Output<string>[]): pulumi.Output<string> {
    const { site, settings, influxdb, kafka } = this.args;
    const { url, organization: org, bucket, readToken } = influxdb;
    const nodes = site.nodes.map((node) => node.hostname);
    const brokers = kafka?.jolokia.map((member) => member.name) ?? [];
    return runJob(
      `${name}-ready`,
      {
        site,
        job: "metrics-ready",
        input: {
          influx: { url, org, bucket, token: readToken },
          series: [
            { measurement: NODE_METRICS.system.name, tag: "host", values: nodes },
            ...(kafka ? [{ measurement: KAFKA_METRICS.heap.name, tag: "broker", values: brokers }] : []),
          ],
          timeoutSec: TIMEOUT_SEC + settings.intervalSec,
        },
        after: collectors,
        // Samples of tasks that are about to be replaced would tell nothing.
        before: [
          awaitTasksScript(NAME, site.nodes.length),
          ...(kafka ? [awaitTasksScript(KAFKA_COLLECTOR, 1)] : []),
        ].join("\n"),
      },
      { parent: this },
    ).result;
  }
}
