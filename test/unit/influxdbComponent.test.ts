import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { InfluxDb } from "../../components/influxdb";
import type { InfluxdbSettings } from "../../components/partSettings";
import { known } from "../support/mocks";
import { declareOn, fakeTokens, imageOf, type Program, secrecy, secretOf } from "../support/site";

const settings: InfluxdbSettings = {
  organization: "lab",
  bucket: "runs",
  retentionSec: 86_400,
  rotation: 2,
  limits: { memoryMiB: 512 },
};
let program: Program<InfluxDb>;
before(async () => {
  program = await declareOn((site) => new InfluxDb("influxdb", { site, settings }));
});

describe("InfluxDB", () => {
  it("runs on the monitor node, with its data on a volume of that node", () => {
    const { image, mounts, env } = program.container("influxdb");
    assert.equal(image, imageOf("influxdb"));
    assert.equal(program.result.node.name, "node1");
    assert.deepEqual(mounts, [
      {
        type: "volume",
        source: "influxdb-volume-printed",
        target: "/var/lib/influxdb2",
        readOnly: false,
      },
    ]);
    const paths = Object.entries(env as Record<string, string>).filter(([name]) => name.endsWith("_PATH"));
    assert.equal(paths.length, 3);
    for (const [name, path] of paths) assert.ok(path.startsWith("/var/lib/influxdb2/"), name);
  });

  it("is healthy once it serves, and `up` waits for that", () => {
    const { tests } = program.container("influxdb").healthcheck as { tests: string[] };
    assert.equal(tests.at(-1), "http://127.0.0.1:8086/health");
    assert.ok(program.get("Service influxdb").inputs.convergeConfig);
  });

  it("has the limits that are set", () => {
    const { resources } = program.get("Service influxdb").inputs.taskSpec as { resources: unknown };
    assert.deepEqual(resources, { limits: { memoryBytes: 512 * 1024 * 1024 } });
  });

  it("is set up by a job that is told all that is declared, with the password before a rotation", () => {
    assert.deepEqual(program.jobInput("influxdb-provision"), {
      url: "http://influxdb:8086",
      org: "lab",
      bucket: "runs",
      retentionSec: 86_400,
      user: "admin",
      password: {
        current: secretOf("influxdb-password", "current"),
        previous: secretOf("influxdb-password", "previous"),
      },
      rotation: 2,
    });
  });

  it("is set up once it runs, and again when its service or its machine is another", () => {
    const { dependencies, inputs } = program.get("Command influxdb-provision");
    assert.ok(dependencies.includes("Service influxdb"));
    assert.match(String(inputs.stdin), /^MARKS='node1-ready influxdb-id node1-ready'$/m);
  });

  it("gives the three tokens of the job's answer", async () => {
    const { operatorToken, writeToken, readToken } = program.result;
    assert.deepEqual(
      { operator: await known(operatorToken), write: await known(writeToken), read: await known(readToken) },
      fakeTokens,
    );
  });

  it("gives password, tokens and the job's answer as secrets", async () => {
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

  it("lets no secret be read in what is declared", () => {
    const { secrets, secretOutputs } = program.get("Command influxdb-provision");
    assert.ok(secrets.includes("stdin") && secretOutputs.includes("stdout"));
    assert.deepEqual(program.leaks, []);
  });

  it("is not restarted for another password", async () => {
    const turned = await declareOn(
      (site) => new InfluxDb("influxdb", { site, settings: { ...settings, rotation: 3 } }),
    );
    assert.deepEqual(turned.get("Service influxdb").inputs, program.get("Service influxdb").inputs);
    assert.equal(turned.jobInput("influxdb-provision").rotation, 3);
  });
});
