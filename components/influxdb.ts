import * as pulumi from "@pulumi/pulumi";
import { runJob } from "./lib/job";
import { homeOf } from "./lib/placement";
import { type RandomSecret, randomSecret } from "./lib/randomSecret";
import { service } from "./lib/service";
import type { Site } from "./lib/site";
import { nodeVolume } from "./lib/volume";
import type { InfluxdbSettings } from "./partSettings";
import type { Node } from "./testbed/testbed";

const NAME = "influxdb";
const PORT = 8086;
const DATA = "/var/lib/influxdb2";
/** The first user, for InfluxDB's own pages. */
const USER = "admin";

/**
 * InfluxDB 2 on the monitor node, with an organisation, a bucket, an operator token and two narrow ones.
 *
 * All secrets are made here, before InfluxDB runs, so that Telegraf and Grafana need not wait for it. A job then brings
 * InfluxDB to what is declared, whether its volume is new, old, or knows the tokens of before a rotation.
 */
export class InfluxDb extends pulumi.ComponentResource {
  readonly node: Node;
  /** For what runs on the overlay network. */
  readonly url = `http://${NAME}:${PORT}`;
  readonly port = PORT;
  readonly service = NAME;
  readonly organization: string;
  readonly bucket: string;
  readonly user = USER;
  readonly password: pulumi.Output<string>;
  /** May do everything. */
  readonly operatorToken: pulumi.Output<string>;
  /** May write to the bucket, no more: for Telegraf and the agents. */
  readonly writeToken: pulumi.Output<string>;
  /** May read the bucket, no more: for Grafana. */
  readonly readToken: pulumi.Output<string>;
  /** Resolves once all of the above is so. */
  readonly ready: pulumi.Output<string>;

  constructor(
    name: string,
    private readonly args: { site: Site; settings: InfluxdbSettings },
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("swarmbench:stack:InfluxDb", name, {}, options);
    const { settings, site } = args;
    this.node = homeOf("monitor", site.nodes);
    this.organization = settings.organization;
    this.bucket = settings.bucket;
    const secret = (of: string) => randomSecret(`${name}-${of}`, settings.rotation, { parent: this });
    const password = secret("password");
    const operator = secret("operator-token");
    const write = secret("write-token");
    const read = secret("read-token");
    this.password = password.current;
    this.operatorToken = operator.current;
    this.writeToken = write.current;
    this.readToken = read.current;
    const running = this.run(name);
    this.ready = this.provision(name, running, { password, operator, write, read });
    this.registerOutputs({ url: this.url, organization: this.organization, bucket: this.bucket });
  }

  private run(name: string): pulumi.Output<string> {
    const { site, settings } = this.args;
    const influxd = service(
      name,
      {
        site,
        name: NAME,
        image: site.images.ref("influxdb"),
        environment: {
          INFLUXD_BOLT_PATH: `${DATA}/influxd.bolt`,
          INFLUXD_ENGINE_PATH: `${DATA}/engine`,
          INFLUXD_SQLITE_PATH: `${DATA}/influxd.sqlite`,
          INFLUXD_REPORTING_DISABLED: "true",
          INFLUXD_LOG_LEVEL: "warn",
        },
        on: this.node,
        limits: settings.limits,
        mounts: [{ type: "volume", source: nodeVolume(NAME, this.node, site, this), target: DATA }],
        health: ["curl", "--fail", "--silent", "--output", "/dev/null", `http://127.0.0.1:${PORT}/health`],
      },
      this,
    );
    return influxd.id;
  }

  private provision(
    name: string,
    running: pulumi.Output<string>,
    secrets: Record<"password" | "operator" | "write" | "read", RandomSecret>,
  ): pulumi.Output<string> {
    const { site, settings } = this.args;
    return runJob(
      `${name}-provision`,
      {
        site,
        job: "influx-provision",
        input: {
          url: this.url,
          org: settings.organization,
          bucket: settings.bucket,
          retentionSec: settings.retentionSec,
          user: USER,
          password: secrets.password,
          operatorToken: secrets.operator,
          tokens: { write: secrets.write.current, read: secrets.read.current },
        },
        // The volume is gone with its machine.
        after: [running, this.node.ready],
        secretOutput: true,
      },
      { parent: this },
    );
  }
}
