import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestProject } from "../support/project.ts";
import { assertHidden, secretsOf } from "../support/secrets.ts";
import { type KafkaOutputs, SECURE_CLUSTER, secureClient } from "../support/secureKafka.ts";

/** `up` ends only once Telegraf's new tasks write to InfluxDB with its new certificate and tokens. */
describe("a Kafka cluster whose secrets are rotated, with those of InfluxDB", { concurrency: 1 }, () => {
  let project: TestProject;
  /** The secrets before the rotation. */
  let earlier: string[] = [];

  before(async () => {
    project = await TestProject.create("kafka", SECURE_CLUSTER);
    await project.recordedUp();
  });
  after(() => project.dispose());

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
