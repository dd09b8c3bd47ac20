import assert from "node:assert/strict";
import { get } from "node:https";
import { after, before, describe, it } from "node:test";
import { makeAuthority } from "../support/certificates.ts";
import { TestProject } from "../support/project.ts";
import { assertHidden, secretsOf } from "../support/secrets.ts";
import { type KafkaOutputs, SECURE_CLUSTER, secureClient } from "../support/secureKafka.ts";
import { openUis } from "../support/uis.ts";

/** `up` ends only once Telegraf's new tasks write to InfluxDB with its new certificate and tokens. */
describe("a Kafka cluster whose secrets are rotated, with those of InfluxDB", { concurrency: 1 }, () => {
  let project: TestProject;
  /** The secrets before the rotation. */
  let earlier: string[] = [];

  before(async () => {
    project = await TestProject.create("kafka", {
      ...SECURE_CLUSTER,
      "influxdb.enabled": "true",
      "telegraf.enabled": "true",
    });
    await project.recordedUp();
  });
  after(() => project.dispose());

  it("has an InfluxDB that serves HTTPS only, with a certificate that its authority signed", async () => {
    const { influxdb } = await project.secretOutputs<KafkaOutputs>();
    assert.ok(influxdb);
    assert.equal(influxdb.url, "https://influxdb:8086");
    const uis = await openUis(project);
    try {
      const { url } = uis.influxdb;
      assert.match(url, /^https:/);
      const answer = (ca: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          get(`${url}/health`, { ca, agent: false }, (response) => resolve(response.statusCode)).on(
            "error",
            reject,
          );
        });
      assert.equal(await answer(influxdb.ca), 200);
      await assert.rejects(answer(makeAuthority().certificate), /certificate|signature/);
      assert.equal((await fetch(url.replace("https:", "http:"))).status, 400);
    } finally {
      await uis.close();
    }
  });

  it("accepts the new password and not the old one", async () => {
    const before = (await project.secretOutputs<KafkaOutputs>()).kafka.security.password;
    earlier = await secretsOf(project);
    await project.configure({ "kafka.rotation": "1", "influxdb.rotation": "1" });
    await project.recordedUp();
    await project.recordedUp("--expect-no-changes");
    const admin = (await secureClient(project)).admin();
    await admin.connect();
    await admin.disconnect();
    await assert.rejects((await secureClient(project, before)).admin().connect(), /[Aa]uthentication/);
  });

  it("shows neither password in any output, state, service, container, process or log", async () => {
    const secrets = await secretsOf(project);
    const { password } = (await project.secretOutputs<KafkaOutputs>()).kafka.security;
    assert.ok(secrets.includes(password), "the password is one of the secrets that are searched for");
    await assertHidden(project, [...secrets, ...earlier, "PRIVATE KEY"]);
  });
});
