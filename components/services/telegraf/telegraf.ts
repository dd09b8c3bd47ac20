import * as pulumi from "@pulumi/pulumi";
import type { TelegrafSettings } from "../../../config/services/index.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { configFile, secretFile } from "../../lib/files.ts";
import { runJob } from "../../lib/job.ts";
import type { Node } from "../../lib/node.ts";
import { homeOf } from "../../lib/placement.ts";
import { service, type TaskFile, type Transforms } from "../../lib/service.ts";
import type { InfluxDb } from "../influxdb/influxdb.ts";
import type { Kafka } from "../kafka/kafka.ts";
import { kafkaConfig, NODE_MOUNTS, nodeConfig, nodeEnvironment } from "./config.ts";
import { KAFKA_METRICS } from "./kafkaMetrics.ts";
import { NODE_METRICS } from "./metrics.ts";

const NAME = "telegraf";
/** Name of the collector that samples the brokers. */
const KAFKA_COLLECTOR = "telegraf-kafka";
const CONFIG = "/etc/telegraf/telegraf.conf";
const TOKEN_FILE = "/run/secrets/influx_token";
/** The certificate of InfluxDB's authority, PEM. */
const CA_FILE = "/etc/telegraf/influxdb-ca.pem";

const TIMEOUT_SEC = 120;

interface TelegrafArgs {
  deployment: Deployment;
  settings: TelegrafSettings;
  influxdb: InfluxDb;
  kafka?: Kafka;
  /** Applies to both collectors. */
  transform?: Transforms;
}

/**
 * Telegraf on every node, which samples the node and its containers, and one more task on the monitor node that samples
 * all brokers. The tasks of a global service share one configuration, so each of them would sample every broker.
 */
export class Telegraf extends pulumi.ComponentResource {
  /** Resolves once InfluxDB has samples from every node and every broker. */
  readonly ready: pulumi.Output<string>;

  private readonly args: TelegrafArgs;

  constructor(name: string, args: TelegrafArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Telegraf", name, {}, options);
    this.args = args;

    const { deployment, kafka, influxdb } = args;
    const { url, organization: org, bucket, ca } = influxdb;
    const access = [
      { path: TOKEN_FILE, source: secretFile(`${name}-token`, influxdb.writeToken, deployment, this) },
      ...(ca ? [{ path: CA_FILE, source: configFile(`${name}-ca`, ca, deployment, this) }] : []),
    ];
    const caFile = ca && CA_FILE;
    const output = { url, caFile, org, bucket, intervalSec: args.settings.intervalSec };
    const collectors = [this.collector(name, NAME, "every node", nodeConfig(output), access)];
    if (kafka) {
      const config = kafkaConfig({ ...output, brokers: kafka.jolokia });
      const home = homeOf("monitor", deployment.nodes);
      collectors.push(this.collector(`${name}-kafka`, KAFKA_COLLECTOR, home, config, access));
    }
    this.ready = this.awaitSamples(name, collectors.flat());
    this.registerOutputs({});
  }

  /** @param access the files with which it writes to InfluxDB */
  private collector(
    name: string,
    serviceName: string,
    on: Node | "every node",
    config: string,
    access: TaskFile[],
  ): pulumi.Output<string>[] {
    const { deployment, settings, transform } = this.args;
    const file = configFile(`${name}-config`, config, deployment, this);
    const declared = service(
      name,
      {
        deployment,
        name: serviceName,
        image: deployment.images.ref("telegraf"),
        environment: nodeEnvironment(deployment.swarm.manager.address),
        on,
        limits: settings.limits,
        mounts: on === "every node" ? NODE_MOUNTS : [],
        files: [{ path: CONFIG, source: file }, ...access],
        transform: transform?.service,
      },
      this,
    );
    // The service's id does not change with its image, settings or files, so these are listed too.
    const files = [file, ...access.map(({ source }) => source)];
    return [declared.id, ...files.map(({ id }) => id), deployment.images.ref("telegraf"), declared.settings];
  }

  /** Waits for samples, because the state of a global service does not show a task that crashes and restarts again and again. */
  private awaitSamples(name: string, collectors: pulumi.Output<string>[]): pulumi.Output<string> {
    const { deployment, settings, influxdb, kafka } = this.args;
    const nodes = deployment.nodes.map((node) => node.hostname);
    const brokers = kafka?.jolokia.map((member) => member.name) ?? [];
    return runJob(
      `${name}-ready`,
      {
        deployment,
        job: "metrics-ready",
        input: {
          influx: influxdb.target(influxdb.readToken),
          series: [
            { measurement: NODE_METRICS.system.name, tag: "host", values: nodes },
            ...(kafka ? [{ measurement: KAFKA_METRICS.heap.name, tag: "broker", values: brokers }] : []),
          ],
          timeoutSec: TIMEOUT_SEC + settings.intervalSec,
        },
        after: collectors,
        // Samples of tasks that are about to be replaced would prove nothing.
        before: [
          awaitTasksScript(NAME, deployment.nodes.length),
          ...(kafka ? [awaitTasksScript(KAFKA_COLLECTOR, 1)] : []),
        ].join("\n"),
      },
      { parent: this },
    ).result;
  }
}
