import * as pulumi from "@pulumi/pulumi";
import type { InfluxDb } from "./influxdb";
import type { Kafka } from "./kafka";
import { configFile, secretFile } from "./lib/files";
import { homeOf } from "./lib/placement";
import { service } from "./lib/service";
import type { Site } from "./lib/site";
import type { TelegrafSettings } from "./partSettings";
import { kafkaConfig, NODE_MOUNTS, nodeConfig, nodeEnvironment } from "./telegraf/config";
import type { Node } from "./testbed/testbed";

const NAME = "telegraf";
/** Of the collector that asks the brokers. */
const KAFKA_COLLECTOR = "telegraf-kafka";
const CONFIG = "/etc/telegraf/telegraf.conf";
const TOKEN_FILE = "/run/secrets/influx_token";
const HEALTH = ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:8080"];

export interface TelegrafArgs {
  site: Site;
  settings: TelegrafSettings;
  influxdb: InfluxDb;
  kafka?: Kafka;
}

/**
 * Telegraf on every node, for the node and its containers, and one more on the monitor node that asks all brokers:
 * the tasks of a global service share one configuration, so each would ask every broker.
 */
export class Telegraf extends pulumi.ComponentResource {
  constructor(
    name: string,
    private readonly args: TelegrafArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("swarmbench:stack:Telegraf", name, {}, options);
    const { site, kafka, influxdb } = args;
    const token = secretFile(`${name}-token`, influxdb.writeToken, site, this);
    const { url, organization: org, bucket } = influxdb;
    const output = { url, org, bucket, intervalSec: args.settings.intervalSec };
    this.collector(name, NAME, "every node", nodeConfig(output), token);
    if (kafka) {
      const brokers = kafka.jolokia;
      this.collector(
        `${name}-kafka`,
        KAFKA_COLLECTOR,
        homeOf("monitor", site.nodes),
        kafkaConfig({ ...output, brokers }),
        token,
      );
    }
    this.registerOutputs({});
  }

  private collector(
    name: string,
    serviceName: string,
    on: Node | "every node",
    config: string,
    token: ReturnType<typeof secretFile>,
  ): void {
    const { site, settings } = this.args;
    service(
      name,
      {
        site,
        name: serviceName,
        image: site.images.ref("telegraf"),
        environment: on === "every node" ? nodeEnvironment() : {},
        on,
        limits: settings.limits,
        mounts: on === "every node" ? NODE_MOUNTS : [],
        files: [
          { path: CONFIG, source: configFile(`${name}-config`, config, site, this) },
          { path: TOKEN_FILE, source: token },
        ],
        health: HEALTH,
      },
      this,
    );
  }
}
