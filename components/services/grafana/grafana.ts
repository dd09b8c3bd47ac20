import * as pulumi from "@pulumi/pulumi";
import type { GrafanaSettings } from "../../../config/services/index.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { configFile, secretFile } from "../../lib/files.ts";
import { runJob } from "../../lib/job.ts";
import type { Node } from "../../lib/node.ts";
import { homeOf } from "../../lib/placement.ts";
import { type RandomSecret, randomSecret } from "../../lib/randomSecret.ts";
import { service, type TaskFile, type Transforms } from "../../lib/service.ts";
import { nodeVolume } from "../../lib/volume.ts";
import type { InfluxDb } from "../influxdb/influxdb.ts";
import { DASHBOARDS as CATALOGUE, dashboards } from "./dashboards/index.ts";
import { DATA_SOURCE } from "./dashboards/panels.ts";

const NAME = "grafana";
const PORT = 3000;
const USER = "admin";
const PROVISIONING = "/etc/grafana/provisioning";
const DASHBOARDS = "/etc/grafana/dashboards";
const PASSWORD_FILE = "/run/secrets/grafana_admin_password";
const SECRET_KEY_FILE = "/run/secrets/grafana_secret_key";
const TOKEN_FILE = "/run/secrets/influxdb_read_token";
/** The certificate of InfluxDB's authority, PEM. */
const CA_FILE = "/etc/grafana/influxdb-ca.pem";

interface GrafanaArgs {
  deployment: Deployment;
  settings: GrafanaSettings;
  influxdb: InfluxDb;
  transform?: Transforms;
}

/** Grafana on the monitor node. InfluxDB as its data source and the dashboards are provisioned from files. */
export class Grafana extends pulumi.ComponentResource {
  readonly node: Node;
  readonly url = `http://${NAME}:${PORT}`;
  readonly port = PORT;
  readonly service = NAME;
  readonly user = USER;
  readonly password: pulumi.Output<string>;
  /** Resolves once Grafana answers, accepts the password, and reaches its data source. */
  readonly ready: pulumi.Output<string>;

  private readonly args: GrafanaArgs;

  constructor(name: string, args: GrafanaArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Grafana", name, {}, options);
    this.args = args;

    const { deployment, settings } = args;
    this.node = homeOf("monitor", deployment.nodes);
    const password = randomSecret(`${name}-password`, settings.rotation, { parent: this });
    this.password = password.current;
    const files = [...this.secretFiles(name, password), ...this.configFiles(name)];
    const running = this.run(name, files);
    this.ready = this.provision(name, [running, ...files.map(({ source }) => source.id)], password);
    this.registerOutputs({ url: this.url });
  }

  private run(name: string, files: TaskFile[]): pulumi.Output<string> {
    const { deployment, settings, transform } = this.args;
    const grafana = service(
      name,
      {
        deployment,
        name: NAME,
        image: deployment.images.ref("grafana"),
        environment: grafanaEnvironment(),
        on: this.node,
        limits: settings.limits,
        mounts: [
          {
            type: "volume",
            source: nodeVolume(NAME, this.node, deployment, this),
            target: "/var/lib/grafana",
          },
        ],
        files,
        transform: transform?.service,
      },
      this,
    );
    return grafana.id;
  }

  private secretFiles(name: string, password: RandomSecret): TaskFile[] {
    const { deployment, influxdb } = this.args;
    // Not rotated: Grafana could no longer decrypt what it stored with the old key.
    const secretKey = randomSecret(`${name}-secret-key`, 0, { parent: this });
    const file = (suffix: string, path: string, value: pulumi.Output<string>) => ({
      path,
      source: secretFile(`${name}-${suffix}`, value, deployment, this),
    });
    return [
      file("admin-password", PASSWORD_FILE, password.current),
      file("secret-key", SECRET_KEY_FILE, secretKey.current),
      file("token", TOKEN_FILE, influxdb.readToken),
    ];
  }

  private configFiles(name: string): TaskFile[] {
    const { deployment, influxdb } = this.args;
    const file = (suffix: string, path: string, text: pulumi.Input<string>) => ({
      path,
      source: configFile(`${name}-${suffix}`, text, deployment, this),
    });
    return [
      ...(influxdb.ca ? [file("influxdb-ca", CA_FILE, influxdb.ca)] : []),
      file("data-source", `${PROVISIONING}/datasources/influxdb.yaml`, dataSource(influxdb)),
      file("provider", `${PROVISIONING}/dashboards/swarmbench.yaml`, dashboardProvider()),
      ...Object.entries(dashboards()).map(([id, dashboard]) =>
        file(`dashboard-${id}`, `${DASHBOARDS}/${id}.json`, JSON.stringify(dashboard)),
      ),
    ];
  }

  private provision(
    name: string,
    running: pulumi.Output<string>[],
    password: RandomSecret,
  ): pulumi.Output<string> {
    const { deployment, influxdb } = this.args;
    return runJob(
      `${name}-provision`,
      {
        deployment,
        job: "grafana-provision",
        input: {
          url: this.url,
          user: USER,
          password,
          dataSource: DATA_SOURCE.uid,
          dashboards: Object.values(CATALOGUE).map(({ uid }) => uid),
        },
        after: [...running, this.node.ready],
        before: awaitTasksScript(NAME, 1),
      },
      { parent: this, dependsOn: [influxdb.provisioned] },
    ).result;
  }
}

/** Only the administrator can log in, and Grafana makes no requests to the internet. */
function grafanaEnvironment(): Record<string, string> {
  return {
    GF_SECURITY_ADMIN_USER: USER,
    // Read by the server itself; variables named `…__FILE` need the entry script of the official image.
    GF_SECURITY_ADMIN_PASSWORD: `$__file{${PASSWORD_FILE}}`,
    // Encrypts the data source's token in Grafana's database; the default key is public.
    GF_SECURITY_SECRET_KEY: `$__file{${SECRET_KEY_FILE}}`,
    GF_USERS_ALLOW_SIGN_UP: "false",
    GF_AUTH_ANONYMOUS_ENABLED: "false",
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: "true",
    // Grafana 11 and later downloads apps in the background at its first start, and updates them.
    GF_PLUGINS_PREINSTALL_DISABLED: "true",
    GF_PLUGINS_PREINSTALL_AUTO_UPDATE: "false",
    GF_PLUGINS_PLUGIN_ADMIN_ENABLED: "false",
    GF_NEWS_NEWS_FEED_ENABLED: "false",
    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS}/latency.json`,
    GF_LOG_LEVEL: "warn",
  };
}

/**
 * The provisioning file of the data source. It is JSON, which is valid YAML and quotes every value.
 *
 * For HTTPS, Grafana verifies InfluxDB's certificate with the stack's authority only
 * (https://grafana.com/docs/grafana/latest/administration/provisioning/#json-data).
 */
function dataSource({ url, organization, bucket, ca }: InfluxDb): string {
  const tls = ca ? { tlsAuthWithCACert: true } : {};
  const authority = ca ? { tlsCACert: `$__file{${CA_FILE}}` } : {};
  return JSON.stringify({
    apiVersion: 1,
    datasources: [
      {
        name: "InfluxDB",
        uid: DATA_SOURCE.uid,
        type: "influxdb",
        access: "proxy",
        url,
        isDefault: true,
        editable: false,
        jsonData: { version: "Flux", organization, defaultBucket: bucket, timeInterval: "1s", ...tls },
        secureJsonData: { token: `$__file{${TOKEN_FILE}}`, ...authority },
      },
    ],
  });
}

function dashboardProvider() {
  return JSON.stringify({
    apiVersion: 1,
    providers: [
      {
        name: "swarmbench",
        type: "file",
        folder: "swarmbench",
        disableDeletion: true,
        allowUiUpdates: false,
        options: { path: DASHBOARDS },
      },
    ],
  });
}
