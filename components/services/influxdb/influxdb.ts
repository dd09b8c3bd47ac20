import * as pulumi from "@pulumi/pulumi";
import type { InfluxdbSettings } from "../../../config/services/index.ts";
import type { InfluxTarget } from "../../../contract/target.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { type Job, runJob } from "../../lib/job.ts";
import type { Node } from "../../lib/node.ts";
import { homeOf } from "../../lib/placement.ts";
import { type RandomSecret, randomSecret } from "../../lib/randomSecret.ts";
import { service, type Transforms } from "../../lib/service.ts";
import { nodeVolume } from "../../lib/volume.ts";
import { influxTls, type Tls } from "./tls.ts";

const NAME = "influxdb";
const PORT = 8086;
const DATA = "/var/lib/influxdb2";
/** The first user, who logs in to InfluxDB's own pages. */
const USER = "admin";

interface InfluxDbArgs {
  deployment: Deployment;
  settings: InfluxdbSettings;
  transform?: Transforms;
}

/** The output of the job `influx-tokens`. */
interface Provisioned {
  tokens: { operator: string; write: string; read: string };
}

/**
 * InfluxDB 2 on the monitor node, with an organisation, a bucket, an operator token, a write token and a read token.
 *
 * A job brings InfluxDB to the declared state, whether its volume is new, in use, or still has the password from before
 * a rotation. InfluxDB generates the tokens itself, because its API does not accept given ones (2.7,
 * `POST /api/v2/authorizations`).
 */
export class InfluxDb extends pulumi.ComponentResource {
  readonly node: Node;
  /** The URL on the overlay network. */
  readonly url: string;
  readonly port = PORT;
  readonly service = NAME;
  /** The certificate of the authority that signed InfluxDB's own, PEM; undefined: it serves HTTP. */
  readonly ca: pulumi.Output<string> | undefined;
  readonly organization: string;
  readonly bucket: string;
  readonly user = USER;
  readonly password: pulumi.Output<string>;
  /** All permissions. */
  readonly operatorToken: pulumi.Output<string>;
  /** Permission to write to the bucket only, for Telegraf and the agents. */
  readonly writeToken: pulumi.Output<string>;
  /** Permission to read the bucket only, for Grafana. */
  readonly readToken: pulumi.Output<string>;
  /** Resolves once InfluxDB is provisioned and the tokens exist. */
  readonly ready: pulumi.Output<string>;
  /** The last provisioning resource: for the `dependsOn` of resources that need a provisioned InfluxDB. */
  readonly provisioned: pulumi.Resource;

  private readonly args: InfluxDbArgs;

  constructor(name: string, args: InfluxDbArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:InfluxDb", name, {}, options);
    this.args = args;

    const { settings, deployment } = args;
    this.node = homeOf("monitor", deployment.nodes);
    this.organization = settings.organization;
    this.bucket = settings.bucket;
    const { rotation } = settings;
    const tls = settings.tls ? influxTls(name, { deployment, host: NAME, rotation }, this) : undefined;
    this.url = `${tls ? "https" : "http"}://${NAME}:${PORT}`;
    this.ca = tls?.ca;
    const password = randomSecret(`${name}-password`, rotation, { parent: this });
    this.password = password.current;
    const provisioned = this.provision(name, this.run(name, tls), password);
    const tokens = this.makeTokens(name, provisioned, password);
    this.provisioned = tokens.resource;
    this.ready = tokens.result;
    const token = (permission: keyof Provisioned["tokens"]) =>
      pulumi.secret(tokens.result.apply((answer) => (JSON.parse(answer) as Provisioned).tokens[permission]));
    this.operatorToken = token("operator");
    this.writeToken = token("write");
    this.readToken = token("read");
    this.registerOutputs({ url: this.url, organization: this.organization, bucket: this.bucket });
  }

  /** The bucket as the input of a job or of the runner. @param token with the permissions that the receiver needs */
  target(token: pulumi.Output<string>): { [Name in keyof InfluxTarget]: pulumi.Input<InfluxTarget[Name]> } {
    return { ...this.server(), org: this.organization, bucket: this.bucket, token };
  }

  /** Has no undefined fields, because outputs of the stack are built from it. */
  private server() {
    return { url: this.url, ...(this.ca ? { ca: this.ca } : {}) };
  }

  private run(name: string, tls: Tls | undefined): pulumi.Output<string> {
    const { deployment, settings, transform } = this.args;
    const influxd = service(
      name,
      {
        deployment,
        name: NAME,
        image: deployment.images.ref("influxdb"),
        environment: {
          INFLUXD_BOLT_PATH: `${DATA}/influxd.bolt`,
          INFLUXD_ENGINE_PATH: `${DATA}/engine`,
          INFLUXD_SQLITE_PATH: `${DATA}/influxd.sqlite`,
          INFLUXD_REPORTING_DISABLED: "true",
          INFLUXD_LOG_LEVEL: "warn",
          ...tls?.environment,
        },
        on: this.node,
        limits: settings.limits,
        mounts: [{ type: "volume", source: nodeVolume(NAME, this.node, deployment, this), target: DATA }],
        files: tls?.files ?? [],
        // InfluxDB writes what it holds in memory to disk before it stops.
        stopGraceSec: 30,
        transform: transform?.service,
      },
      this,
    );
    return influxd.id;
  }

  private provision(name: string, running: pulumi.Output<string>, password: RandomSecret): Job {
    const { deployment, settings } = this.args;
    return runJob(
      `${name}-provision`,
      {
        deployment,
        job: "influx-provision",
        input: { ...this.login(password), retentionSec: settings.retentionSec },
        // A replaced machine has an empty volume.
        after: [running, this.node.ready],
      },
      { parent: this },
    );
  }

  /** A job of its own, so that a changed retention does not replace the services that use the tokens. */
  private makeTokens(name: string, provisioned: Job, password: RandomSecret): Job {
    const { deployment, settings } = this.args;
    return runJob(
      `${name}-tokens`,
      {
        deployment,
        job: "influx-tokens",
        input: { ...this.login(password), rotation: settings.rotation },
        after: [this.node.ready],
        secretOutput: true,
      },
      { parent: this, dependsOn: [provisioned.resource] },
    );
  }

  private login(password: RandomSecret) {
    return { ...this.server(), org: this.organization, bucket: this.bucket, user: USER, password };
  }
}
