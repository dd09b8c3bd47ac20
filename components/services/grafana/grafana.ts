import * as pulumi from "@pulumi/pulumi";
import type { GrafanaSettings } from "../../../config/services/index.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import type { Site } from "../../lib/deployment.ts";
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

interface GrafanaArgs {
  site: Site;
  settings: GrafanaSettings;
  influxdb: InfluxDb;
  transform?: Transforms;
}

/** Grafana on the monitor node, with InfluxDB as its data source and the dashboards, all from files. */
export class Grafana extends pulumi.ComponentResource {
  readonly node: Node;
  readonly url = `http://${NAME}:${PORT}`;
  readonly port = PORT;
  readonly service = NAME;
  readonly user = USER;
  readonly password: pulumi.Output<string>;
  /** Resolves once it serves, takes the password, and reaches its data source. */
  readonly ready: pulumi.Output<string>;

  private readonly args: GrafanaArgs;

  constructor(name: string, args: GrafanaArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:stack:Grafana", name, {}, options);
    this.args = args;

    const { site, settings } = args;
    this.node = homeOf("monitor", site.nodes);
    const password = randomSecret(`${name}-password`, settings.rotation, { parent: this });
    this.password = password.current;
    const files = [...this.secretFiles(name, password), ...this.configFiles(name)];
    const running = this.run(name, files);
    this.ready = this.provision(name, [running, ...files.map(({ source }) => source.id)], password);
    this.registerOutputs({ url: this.url });
  }

  private run(name: string, files: TaskFile[]): pulumi.Output<string> {
    const { site, settings, transform } = this.args;
    const grafana = service(
      name,
      {
        site,
        name: NAME,
        image: site.images.ref("grafana"),
        environment: grafanaEnvironment(),
        on: this.node,
        limits: settings.limits,
        mounts: [
          { type: "volume", source: nodeVolume(NAME, this.node, site, this), target: "/var/lib/grafana" },
        ],
        files,
        transform: transform?.service,
      },
      this,
    );
    return grafana.id;
  }

  private secretFiles(name: string, password: RandomSecret): TaskFile[] {
    const { site, influxdb } = this.args;
    // Not rotated: what is encrypted with it in the database could not be read any more.
    const secretKey = randomSecret(`${name}-secret-key`, 0, { parent: this });
    const file = (of: string, path: string, value: pulumi.Output<string>) => ({
      path,
      source: secretFile(`${name}-${of}`, value, site, this),
    });
    return [
      file("admin-password", PASSWORD_FILE, password.current),
      file("secret-key", SECRET_KEY_FILE, secretKey.current),
      file("token", TOKEN_FILE, influxdb.readToken),
    ];
  }

  private configFiles(name: string): TaskFile[] {
    const { site, influxdb } = this.args;
    const file = (of: string, path: string, text: string) => ({
      path,
      source: configFile(`${name}-${of}`, text, site, this),
    });
    return [
      file("data-source", `${PROVISIONING}/datasources/influxdb.yaml`, dataSource(influxdb)),
      file("provider", `${PROVISIONING}/dashboards/swarmbench.yaml`, dashboardProvider()),
      ...Object.entries(dashboards()).map(([of, dashboard]) =>
        file(`dashboard-${of}`, `${DASHBOARDS}/${of}.json`, JSON.stringify(dashboard)),
      ),
    ];
  }

  private provision(
    name: string,
    running: pulumi.Output<string>[],
    password: RandomSecret,
  ): pulumi.Output<string> {
    const { site, influxdb } = this.args;
    return runJob(
      `${name}-provision`,
      {
        site,
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

/** Nobody but the administrator, and nothing asked of the internet. */
function grafanaEnvironment(): Record<string, string> {
  return {
    GF_SECURITY_ADMIN_USER: USER,
    // The server itself reads the file; of another variable (`…__FILE`) only the maker's entry point knows.
    GF_SECURITY_ADMIN_PASSWORD: `$__file{${PASSWORD_FILE}}`,
    // Encrypts the data source's token in Grafana's database; its default is the same everywhere.
    GF_SECURITY_SECRET_KEY: `$__file{${SECRET_KEY_FILE}}`,
    GF_USERS_ALLOW_SIGN_UP: "false",
    GF_AUTH_ANONYMOUS_ENABLED: "false",
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: "true",
    GF_NEWS_NEWS_FEED_ENABLED: "false",
    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS}/latency.json`,
    GF_LOG_LEVEL: "warn",
  };
}

/** JSON is YAML too, and quotes every value. */
export function dataSource({ url, organization, bucket }: Pick<InfluxDb, "url" | "organization" | "bucket">) {
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
        jsonData: { version: "Flux", organization, defaultBucket: bucket, timeInterval: "1s" },
        secureJsonData: { token: `$__file{${TOKEN_FILE}}` },
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
