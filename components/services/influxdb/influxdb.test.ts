import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { InfluxdbSettings } from "../../../config/services/index.ts";
import { influxTargetSchema } from "../../../contract/target.ts";
import {
  declareOn,
  fakeBundle,
  fakeCertificate,
  fakeTokens,
  fileText,
  imageOf,
  type Program,
  secrecy,
  secretOf,
} from "../../../test/support/deployment.ts";
import { outputValue } from "../../../test/support/mocks.ts";
import { InfluxDb } from "./influxdb.ts";

const settings: InfluxdbSettings = {
  organization: "lab",
  bucket: "runs",
  retentionSec: 86_400,
  tls: false,
  rotation: 2,
  limits: { memoryMiB: 512 },
};
const login = {
  url: "http://influxdb:8086",
  org: "lab",
  bucket: "runs",
  user: "admin",
  password: {
    current: secretOf("influxdb-password", "current"),
    previous: secretOf("influxdb-password", "previous"),
  },
};
const declareInflux = (own: Partial<InfluxdbSettings> = {}) =>
  declareOn((deployment) => new InfluxDb("influxdb", { deployment, settings: { ...settings, ...own } }));
let program: Program<InfluxDb>;
before(async () => {
  program = await declareInflux();
});

describe("InfluxDB", () => {
  it("runs on the monitor node, with its data on a volume of that node", () => {
    const { image, mounts, env } = program.container("influxdb");
    assert.equal(image, imageOf("influxdb"));
    assert.equal(program.result.node.name, "node1");
    assert.deepEqual(mounts, [
      {
        type: "volume",
        source: "influxdb-volume-node1-printed",
        target: "/var/lib/influxdb2",
        readOnly: false,
      },
    ]);
    const paths = Object.entries(env as Record<string, string>).filter(([name]) => name.endsWith("_PATH"));
    assert.equal(paths.length, 3);
    for (const [name, path] of paths) assert.ok(path.startsWith("/var/lib/influxdb2/"), name);
  });

  it("has no health check, and `up` waits until its task runs", () => {
    assert.deepEqual((program.container("influxdb").healthcheck as { tests: string[] }).tests, ["NONE"]);
    assert.ok(program.get("Service influxdb").inputs.convergeConfig);
  });

  it("has the configured limits", () => {
    const { resources } = program.get("Service influxdb").inputs.taskSpec as { resources: unknown };
    assert.deepEqual(resources, { limits: { nanoCpus: 0, memoryBytes: 512 * 1024 * 1024 } });
  });

  it("has 30 s to write buffered data to disk", () => {
    assert.equal(program.container("influxdb").stopGracePeriod, "30s");
  });

  it("is provisioned by a job that gets all settings, including the password before a rotation", () => {
    assert.deepEqual(program.jobInput("influxdb-provision"), { ...login, retentionSec: 86_400 });
  });

  it("has its tokens created by a separate job, after it is provisioned", () => {
    assert.deepEqual(program.jobInput("influxdb-tokens"), { ...login, rotation: 2 });
    assert.ok(program.get("Command influxdb-tokens").dependencies.includes("Command influxdb-provision"));
  });

  it("creates tokens again when its machine is replaced, but not whenever it is provisioned again", () => {
    const { inputs } = program.get("Command influxdb-tokens");
    assert.match(String(inputs.stdin), /^MARKS='node1-ready node1-ready'$/m);
  });

  it("is ready once its tokens exist", async () => {
    assert.match(await outputValue(program.result.provisioned.urn), /::influxdb-tokens$/);
  });

  it("is provisioned once it runs, and again when its service or its machine is replaced", () => {
    const { dependencies, inputs } = program.get("Command influxdb-provision");
    assert.ok(dependencies.includes("Service influxdb"));
    assert.match(String(inputs.stdin), /^MARKS='node1-ready influxdb-id node1-ready'$/m);
  });

  it("exposes the three tokens of the job's output", async () => {
    const { operatorToken, writeToken, readToken } = program.result;
    assert.deepEqual(
      {
        operator: await outputValue(operatorToken),
        write: await outputValue(writeToken),
        read: await outputValue(readToken),
      },
      fakeTokens,
    );
  });

  it("exposes password, tokens and the job's output as secrets", async () => {
    const { password, operatorToken, writeToken, readToken, ready } = program.result;
    const given = { password, operatorToken, writeToken, readToken, ready };
    assert.deepEqual(await secrecy(given), {
      password: true,
      operatorToken: true,
      writeToken: true,
      readToken: true,
      ready: true,
    });
  });

  it("exposes no secret in any resource", () => {
    for (const job of ["provision", "tokens"]) {
      assert.ok(program.get(`Command influxdb-${job}`).secrets.includes("stdin"), job);
    }
    assert.ok(program.get("Command influxdb-tokens").secretOutputs.includes("stdout"));
    assert.deepEqual(program.leaks, []);
  });

  it("is not restarted by a password rotation", async () => {
    const turned = await declareInflux({ rotation: 3 });
    assert.deepEqual(turned.get("Service influxdb").inputs, program.get("Service influxdb").inputs);
    assert.equal(turned.jobInput("influxdb-tokens").rotation, 3);
  });

  it("is only provisioned again when its retention changes", async () => {
    const longer = await declareInflux({ retentionSec: 172_800 });
    const changed = [...longer.resources].filter(
      ([name, { inputs }]) => JSON.stringify(inputs) !== JSON.stringify(program.get(name).inputs),
    );
    assert.deepEqual(
      changed.map(([name]) => name),
      ["Command influxdb-provision"],
    );
  });
});

describe("InfluxDB with TLS", () => {
  const ca = fakeCertificate("influxdb-ca");
  let secure: Program<InfluxDb>;
  before(async () => {
    secure = await declareInflux({ tls: true });
  });
  const environment = (of: Program<InfluxDb>) => of.container("influxdb").env as Record<string, string>;

  it("has its key and certificate as a secret file, and serves nothing older than TLS 1.2", () => {
    assert.deepEqual(secure.container("influxdb").secrets, [
      {
        secretId: "influxdb-key-id",
        secretName: "influxdb-key-drawn",
        fileName: "/run/secrets/influxdb-key.pem",
      },
    ]);
    assert.equal(fileText(secure.get("Secret influxdb-key")), fakeBundle("influxdb-certificate"));
    const tls = Object.entries(environment(secure)).filter(([name]) => name.startsWith("INFLUXD_TLS_"));
    assert.deepEqual(Object.fromEntries(tls), {
      INFLUXD_TLS_CERT: "/run/secrets/influxdb-key.pem",
      INFLUXD_TLS_KEY: "/run/secrets/influxdb-key.pem",
      INFLUXD_TLS_MIN_VERSION: "1.2",
    });
  });

  it("has a certificate for its name on the overlay, and for the ends of tunnels", () => {
    const { NAMES: names } = secure.get("Command influxdb-certificate").inputs.environment as {
      NAMES: string;
    };
    assert.equal(names, "DNS:influxdb,DNS:localhost,IP:127.0.0.1");
  });

  it("is reached through HTTPS by its jobs, which verify its certificate", async () => {
    const place = { ...login, url: "https://influxdb:8086", ca };
    assert.equal(secure.result.url, place.url);
    assert.deepEqual(secure.jobInput("influxdb-provision"), { ...place, retentionSec: 86_400 });
    assert.deepEqual(secure.jobInput("influxdb-tokens"), { ...place, rotation: 2 });
    const target = await outputValue(pulumi.output(secure.result.target(secure.result.readToken)));
    assert.deepEqual(influxTargetSchema.parse(target), {
      url: place.url,
      ca,
      org: "lab",
      bucket: "runs",
      token: fakeTokens.read,
    });
  });

  it("gets a new key and certificate from the same authority by a rotation", async () => {
    const turned = await declareInflux({ tls: true, rotation: 3 });
    const inputs = (of: Program<InfluxDb>, name: string) => of.get(`Command influxdb-${name}`).inputs;
    assert.notDeepEqual(inputs(turned, "certificate"), inputs(secure, "certificate"));
    assert.deepEqual(inputs(turned, "ca"), inputs(secure, "ca"));
  });

  it("exposes no secret in any resource, and its authority's certificate in clear text", async () => {
    assert.deepEqual(secure.leaks, []);
    assert.deepEqual(await secrecy({ ca: secure.result.ca }), { ca: false });
    for (const name of ["ca", "certificate"]) {
      const { inputs, secretOutputs } = secure.get(`Command influxdb-${name}`);
      assert.deepEqual([inputs.logging, secretOutputs], ["none", ["stdout"]]);
    }
  });

  it("has neither key nor authority if it serves HTTP", () => {
    assert.equal(program.result.ca, undefined);
    assert.deepEqual(program.container("influxdb").secrets, []);
    assert.ok(!Object.keys(environment(program)).some((name) => name.includes("TLS")));
    assert.ok(!program.resources.has("Command influxdb-ca"));
    assert.ok(!program.resources.has("Command influxdb-certificate"));
  });
});
