import * as pulumi from "@pulumi/pulumi";
import type { InfluxdbSettings } from "../../../config/services/index.ts";
import type { Site } from "../../lib/deployment.ts";
import { type Job, runJob } from "../../lib/job.ts";
import type { Node } from "../../lib/node.ts";
import { homeOf } from "../../lib/placement.ts";
import { type RandomSecret, randomSecret } from "../../lib/randomSecret.ts";
import { service, type Transforms } from "../../lib/service.ts";
import { nodeVolume } from "../../lib/volume.ts";

const NAME = "influxdb";
const PORT = 8086;
const DATA = "/var/lib/influxdb2";
/** The first user, for InfluxDB's own pages. */
const USER = "admin";

interface InfluxDbArgs {
  site: Site;
  settings: InfluxdbSettings;
  transform?: Transforms;
}

/** What the job `influx-tokens` answers. */
interface Provisioned {
  tokens: { operator: string; write: string; read: string };
}

/**
 * InfluxDB 2 on the monitor node, with an organisation, a bucket, an operator token and two narrow ones.
 *
 * A job brings InfluxDB to what is declared, whether its volume is new, old, or knows the password of before a
 * rotation. It is InfluxDB that makes the tokens: its API takes none that is given (2.7, `POST /api/v2/authorizations`).
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
  /** For whoever is to come after it (`dependsOn`). */
  readonly provisioned: pulumi.Resource;

  private readonly args: InfluxDbArgs;

  constructor(name: string, args: InfluxDbArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:InfluxDb", name, {}, options);
    this.args = args;

    const { settings, site } = args;
    this.node = homeOf("monitor", site.nodes);
    this.organization = settings.organization;
    this.bucket = settings.bucket;
    const password = randomSecret(`${name}-password`, settings.rotation, { parent: this });
    this.password = password.current;
    const provisioned = this.provision(name, this.run(name), password);
    const tokens = this.makeTokens(name, provisioned, password);
    this.provisioned = tokens.resource;
    this.ready = tokens.result;
    const token = (of: keyof Provisioned["tokens"]) =>
      pulumi.secret(tokens.result.apply((answer) => (JSON.parse(answer) as Provisioned).tokens[of]));
    this.operatorToken = token("operator");
    this.writeToken = token("write");
    this.readToken = token("read");
    this.registerOutputs({ url: this.url, organization: this.organization, bucket: this.bucket });
  }

  private run(name: string): pulumi.Output<string> {
    const { site, settings, transform } = this.args;
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
        // It writes down what it has in memory only.
        stopGraceSec: 30,
        transform: transform?.service,
      },
      this,
    );
    return influxd.id;
  }

  private provision(name: string, running: pulumi.Output<string>, password: RandomSecret): Job {
    const { site, settings } = this.args;
    return runJob(
      `${name}-provision`,
      {
        site,
        job: "influx-provision",
        input: { ...this.login(password), retentionSec: settings.retentionSec },
        // The volume is gone with its machine.
        after: [running, this.node.ready],
      },
      { parent: this },
    );
  }

  /** Apart from the rest, so that a changed retention leaves those alone who use the tokens. */
  private makeTokens(name: string, provisioned: Job, password: RandomSecret): Job {
    const { site, settings } = this.args;
    return runJob(
      `${name}-tokens`,
      {
        site,
        job: "influx-tokens",
        input: { ...this.login(password), rotation: settings.rotation },
        after: [this.node.ready],
        secretOutput: true,
      },
      { parent: this, dependsOn: [provisioned.resource] },
    );
  }

  private login(password: RandomSecret) {
    return { url: this.url, org: this.organization, bucket: this.bucket, user: USER, password };
  }
}
