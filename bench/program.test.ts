import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConnectionOptions, PeerCertificate } from "node:tls";
import { z } from "zod";
import { SwarmbenchError } from "../contract/errors.ts";
import {
  type KafkaTarget,
  kafkaTargetSchema,
  openKafkaTargetSchema,
  withoutSecrets,
} from "../contract/target.ts";
import { fakeContext } from "../test/support/fakeContext.ts";
import { clientConfig } from "./clients/clientConfig.ts";
import { job } from "./job.ts";
import { waitUntilReady } from "./jobs/kafkaReady.ts";
import type { KafkaApi } from "./kafka/cluster.ts";
import { EXIT, explain, runJob } from "./program.ts";

const plain: KafkaTarget = {
  bootstrap: ["broker-1:9092"],
  brokers: [1, 2, 3].map((id) => ({ id, host: `broker-${id}`, port: 9092 })),
  security: { protocol: "PLAINTEXT" },
};

/** A healthy cluster of three brokers; a test overrides some operations. `calls` records the others. */
function fakeKafkaApi(own: Partial<KafkaApi> = {}): KafkaApi & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    view: async () => ({ clusterId: "c", controllerId: 1, brokers: [1, 2, 3] }),
    placeTopics: async (_, brokers) => void calls.push(`place on ${Object.values(brokers)}`),
    removeTopics: async (_, prefix) => void calls.push(`remove ${prefix}`),
    roundTrip: async (_, broker, topic) => void calls.push(`record through ${broker.host} on ${topic}`),
    ...own,
  };
}

describe("kafka-ready", () => {
  it("sends a record through every broker, on a topic that only this broker has", async () => {
    const api = fakeKafkaApi();
    const result = await waitUntilReady({ target: plain, timeoutSec: 10 }, fakeContext(), api);
    assert.deepEqual(result, { brokers: [1, 2, 3], controllerId: 1, clusterId: "c" });
    for (const id of [1, 2, 3]) {
      const sent = api.calls.filter((call) => call.startsWith(`record through broker-${id} `));
      assert.match(sent.join(), new RegExp(`^record through broker-${id} on swarmbench-ready-\\w+-${id}$`));
      assert.ok(api.calls.includes(`place on ${id}`));
    }
  });
  it("removes its topics at the end, and only then", async () => {
    const api = fakeKafkaApi();
    await waitUntilReady({ target: plain, timeoutSec: 10 }, fakeContext(), api);
    assert.deepEqual(
      api.calls.map((call) => call.startsWith("remove")),
      [...Array(6).fill(false), true],
    );
    assert.equal(api.calls.at(-1), "remove swarmbench-ready-");
  });
  it("names the one broker that is down, the reason, and where to look", async () => {
    const view: KafkaApi["view"] = async (_, broker) => {
      if (broker.id === 2) throw new Error("connection refused");
      return { clusterId: "c", controllerId: 1, brokers: [1, 2, 3] };
    };
    const context = fakeContext();
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 30 }, context, fakeKafkaApi({ view })),
      (error) => {
        assert.ok(error instanceof SwarmbenchError && error.code === "kafka-failed");
        assert.match(
          error.message,
          /not ready: timed out waiting for broker-2 to join .*broker-2: connection refused/,
        );
        assert.doesNotMatch(error.message, /broker-[13]/);
        assert.match(error.hint ?? "", /docker service ps broker-2$/);
        return true;
      },
    );
    assert.ok(context.lines.length > 3 && context.lines.length < 12, `${context.lines.length} lines in 30 s`);
  });
  it("waits for a broker that has not joined the others yet", async () => {
    let views = 0;
    const view: KafkaApi["view"] = async () => {
      views += 1;
      return { clusterId: "c", controllerId: 1, brokers: views > 6 ? [1, 2, 3] : [1, 3] };
    };
    await waitUntilReady({ target: plain, timeoutSec: 30 }, fakeContext(), fakeKafkaApi({ view }));
    assert.equal(views, 9);
  });
  it("retries only the brokers that passed no record", async () => {
    const attempts: number[] = [];
    const roundTrip: KafkaApi["roundTrip"] = async (_, { id }) => {
      attempts.push(id);
      if (id === 3 && attempts.length < 5) throw new Error("not enough replicas");
    };
    await waitUntilReady({ target: plain, timeoutSec: 30 }, fakeContext(), fakeKafkaApi({ roundTrip }));
    assert.deepEqual(attempts, [1, 2, 3, 3, 3]);
  });
  it("points to the credentials, not the service, when a login is rejected", async () => {
    const view = async () => Promise.reject(new Error("SASL SCRAM SHA512 authentication failed"));
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 1 }, fakeContext(), fakeKafkaApi({ view })),
      (error) =>
        error instanceof SwarmbenchError && /different passwords or certificates/.test(error.hint ?? ""),
    );
  });
  it("reports the cause even if the last attempt was cut off by the timeout", async () => {
    let attempts = 0;
    const view = () => (++attempts > 9 ? new Promise<never>(() => {}) : Promise.reject(new Error("refused")));
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 2 }, fakeContext(), fakeKafkaApi({ view })),
      /broker-1: refused/,
    );
    assert.ok(attempts > 9);
  });
  it("distinguishes brokers on one host by their ports", async () => {
    const brokers = [1, 2].map((id) => ({ id, host: "localhost", port: 9090 + id }));
    const view: KafkaApi["view"] = async (_, { id }) => {
      if (id === 2) throw new Error("no");
      return { clusterId: "c", controllerId: 1, brokers: [1, 2] };
    };
    await assert.rejects(
      waitUntilReady({ target: { ...plain, brokers }, timeoutSec: 1 }, fakeContext(), fakeKafkaApi({ view })),
      /not ready: timed out waiting for localhost:9092 to/,
    );
  });
});

describe("a Kafka client", () => {
  const security = {
    protocol: "SASL_SSL",
    mechanism: "SCRAM-SHA-512",
    username: "bench",
    password: "secret",
    ca: "-----BEGIN CERTIFICATE-----",
  } as const;

  it("uses plaintext if the target does", () => {
    const config = clientConfig(plain);
    assert.deepEqual([config.brokers, config.ssl, config.sasl], [["broker-1:9092"], undefined, undefined]);
  });
  it("verifies the brokers with the target's CA and logs in", () => {
    const config = clientConfig({ ...plain, security });
    assert.deepEqual(config.ssl, { ca: [security.ca] });
    assert.deepEqual(config.sasl, { mechanism: "scram-sha-512", username: "bench", password: "secret" });
  });
  for (const [mechanism, name] of [
    ["PLAIN", "plain"],
    ["SCRAM-SHA-256", "scram-sha-256"],
  ] as const)
    it(`logs in with ${mechanism}`, () => {
      const { sasl } = clientConfig({ ...plain, security: { ...security, mechanism } });
      assert.deepEqual(sasl, { mechanism: name, username: "bench", password: "secret" });
    });
  it("trusts the authorities of Node.js, accepts any host name, or shows a certificate, only if the target says so", () => {
    const { ca: _, ...without } = security;
    const certificate = {
      chain: "-----BEGIN CERTIFICATE-----",
      key: "-----BEGIN PRIVATE KEY-----",
      keyPassword: "k",
    };
    const options = { publicCa: true, anyHostName: true, certificate } as const;
    const target = kafkaTargetSchema.parse({ ...plain, security: { ...without, ...options } });
    const { checkServerIdentity, ...rest } = clientConfig(target).ssl as ConnectionOptions;
    assert.deepEqual(rest, { cert: certificate.chain, key: certificate.key, passphrase: "k" });
    assert.equal(checkServerIdentity?.("other", {} as PeerCertificate), undefined);
    const { security: open } = withoutSecrets(target);
    assert.deepEqual([Object.hasOwn(open, "password"), Object.hasOwn(open, "certificate")], [false, false]);
    assert.ok(openKafkaTargetSchema.safeParse({ ...plain, security: open }).success);
  });
  it("does not log in if the protocol has no SASL", () =>
    assert.equal(clientConfig({ ...plain, security: { ...security, protocol: "SSL" } }).sasl, undefined));
  for (const [protocol, needs] of [
    ["SSL", ["ca"]],
    ["SASL_PLAINTEXT", ["mechanism", "username", "password"]],
    ["SASL_SSL", ["mechanism", "username", "password", "ca"]],
  ] as const)
    it(`with ${protocol} is rejected without ${needs.join(", ")}`, () => {
      const parsed = kafkaTargetSchema.safeParse({ ...plain, security: { protocol } });
      assert.deepEqual(
        parsed.error?.issues.map(({ path }) => path.at(-1)),
        [...needs],
      );
    });
});

describe("the bench program", () => {
  const echo = job({
    input: z.strictObject({ secret: z.string() }),
    run: async ({ secret }) => ({ secret }),
  });
  const run = (name: string | undefined, input: string) => runJob(name, input, fakeContext(), { echo });
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => assert.fail("it succeeded"),
      (error) => explain(error),
    );

  it("passes a job its input and returns its result", async () =>
    assert.deepEqual(await run("echo", '{"secret":"s"}'), { secret: "s" }));
  for (const name of [undefined, "nosuch", "toString"])
    it(`rejects the job ${name}, and lists the known jobs`, async () => {
      const { code, message } = await failure(run(name, "{}"));
      assert.equal(code, EXIT.usage);
      assert.match(message, /unknown job: .*expected one of echo$/);
    });
  it("does not quote an input that is not JSON, which may be a secret", async () => {
    const { code, message } = await failure(run("echo", 'pass"word'));
    assert.equal(code, EXIT.usage);
    assert.doesNotMatch(message, /pass|word/);
  });
  it("reports every error of an input by its path, without its value", async () => {
    const { code, message } = await failure(run("echo", '{"secret":4711,"more":1}'));
    assert.equal(code, EXIT.usage);
    assert.match(message, /secret: .*input: .*more/);
    assert.doesNotMatch(message, /4711/);
  });
  it("prints an error with its hint on one line", () => {
    const error = new SwarmbenchError("service-failed", "it\nbroke", { hint: "Fix it" });
    assert.deepEqual(explain(error), { code: EXIT.failed, message: "error: it broke. Fix it" });
  });
  it("prints the stack of a bug", () => {
    const { code, message } = explain(new TypeError("x is not a function"));
    assert.equal(code, EXIT.bug);
    assert.match(message, /program\.test/);
  });
});
