import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { type KafkaTarget, kafkaTargetSchema } from "../contract/target.ts";
import { fakeContext } from "../test/support/fakeContext.ts";
import { clientConfig } from "./clients/clientConfig.ts";
import { job } from "./job.ts";
import { waitUntilReady } from "./jobs/kafkaReady.ts";
import type { KafkaApi } from "./kafka/cluster.ts";
import { Problem } from "./problem.ts";
import { EXIT, explain, runJob } from "./program.ts";

const plain: KafkaTarget = {
  bootstrap: ["broker-1:9092"],
  brokers: [1, 2, 3].map((id) => ({ id, host: `broker-${id}`, port: 9092 })),
  security: { protocol: "PLAINTEXT" },
};

/** A healthy cluster of three, but for what a test says; `calls` tells what was asked of it. */
function fakeKafkaApi(own: Partial<KafkaApi> = {}): KafkaApi & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    view: async () => ({ clusterId: "c", controllerId: 1, brokers: [1, 2, 3] }),
    placeTopics: async (_, brokerOf) => void calls.push(`place on ${Object.values(brokerOf)}`),
    removeTopics: async (_, prefix) => void calls.push(`remove ${prefix}`),
    roundTrip: async (_, broker, topic) => void calls.push(`record through ${broker.host} on ${topic}`),
    ...own,
  };
}

describe("kafka-ready", () => {
  it("sends a record through every broker, on a topic that only this one has", async () => {
    const door = fakeKafkaApi();
    const result = await waitUntilReady({ target: plain, timeoutSec: 10 }, fakeContext(), door);
    assert.deepEqual(result, { brokers: [1, 2, 3], controllerId: 1, clusterId: "c" });
    for (const id of [1, 2, 3]) {
      const sent = door.calls.filter((call) => call.startsWith(`record through broker-${id} `));
      assert.match(sent.join(), new RegExp(`^record through broker-${id} on swarmbench-ready-\\w+-${id}$`));
      assert.ok(door.calls.includes(`place on ${id}`));
    }
  });
  it("removes its topics when it is done, and only then", async () => {
    const door = fakeKafkaApi();
    await waitUntilReady({ target: plain, timeoutSec: 10 }, fakeContext(), door);
    assert.deepEqual(
      door.calls.map((call) => call.startsWith("remove")),
      [...Array(6).fill(false), true],
    );
    assert.equal(door.calls.at(-1), "remove swarmbench-ready-");
  });
  it("names the one broker that is not there, why, and where to look", async () => {
    const view: KafkaApi["view"] = async (_, broker) => {
      if (broker.id === 2) throw new Error("connection refused");
      return { clusterId: "c", controllerId: 1, brokers: [1, 2, 3] };
    };
    const context = fakeContext();
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 30 }, context, fakeKafkaApi({ view })),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.match(error.message, /not ready: broker-2 did not come .*broker-2: connection refused/);
        assert.doesNotMatch(error.message, /broker-[13]/);
        assert.match(error.next, /docker service ps broker-2$/);
        return true;
      },
    );
    assert.ok(context.lines.length > 3 && context.lines.length < 12, `${context.lines.length} lines in 30 s`);
  });
  it("waits for a broker that the others do not know yet", async () => {
    let looks = 0;
    const view: KafkaApi["view"] = async () => {
      looks += 1;
      return { clusterId: "c", controllerId: 1, brokers: looks > 6 ? [1, 2, 3] : [1, 3] };
    };
    await waitUntilReady({ target: plain, timeoutSec: 30 }, fakeContext(), fakeKafkaApi({ view }));
    assert.equal(looks, 9);
  });
  it("tries again only with the brokers that a record did not go through", async () => {
    const tries: number[] = [];
    const roundTrip: KafkaApi["roundTrip"] = async (_, { id }) => {
      tries.push(id);
      if (id === 3 && tries.length < 5) throw new Error("not enough replicas");
    };
    await waitUntilReady({ target: plain, timeoutSec: 30 }, fakeContext(), fakeKafkaApi({ roundTrip }));
    assert.deepEqual(tries, [1, 2, 3, 3, 3]);
  });
  it("blames the credentials, not the service, where they are refused", async () => {
    const view = async () => Promise.reject(new Error("SASL SCRAM SHA512 authentication failed"));
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 1 }, fakeContext(), fakeKafkaApi({ view })),
      (error) => error instanceof Problem && /other passwords or certificates/.test(error.next),
    );
  });
  it("tells the cause, also where the last attempt was cut off by the time", async () => {
    let attempts = 0;
    const view = () => (++attempts > 9 ? new Promise<never>(() => {}) : Promise.reject(new Error("refused")));
    await assert.rejects(
      waitUntilReady({ target: plain, timeoutSec: 2 }, fakeContext(), fakeKafkaApi({ view })),
      /broker-1: refused/,
    );
    assert.ok(attempts > 9);
  });
  it("tells brokers of one host apart by their ports", async () => {
    const brokers = [1, 2].map((id) => ({ id, host: "localhost", port: 9090 + id }));
    const view: KafkaApi["view"] = async (_, { id }) => {
      if (id === 2) throw new Error("no");
      return { clusterId: "c", controllerId: 1, brokers: [1, 2] };
    };
    await assert.rejects(
      waitUntilReady({ target: { ...plain, brokers }, timeoutSec: 1 }, fakeContext(), fakeKafkaApi({ view })),
      /not ready: localhost:9092 did/,
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

  it("is plain where the target is", () => {
    const config = clientConfig(plain);
    assert.deepEqual([config.brokers, config.ssl, config.sasl], [["broker-1:9092"], undefined, undefined]);
  });
  it("checks the brokers with the target's authority and logs in", () => {
    const config = clientConfig({ ...plain, security });
    assert.deepEqual(config.ssl, { ca: [security.ca] });
    assert.deepEqual(config.sasl, { mechanism: "scram-sha-512", username: "bench", password: "secret" });
  });
  it("does not log in where the protocol has no SASL", () =>
    assert.equal(clientConfig({ ...plain, security: { ...security, protocol: "SSL" } }).sasl, undefined));
  for (const [protocol, needs] of [
    ["SSL", ["ca"]],
    ["SASL_PLAINTEXT", ["mechanism", "username", "password"]],
    ["SASL_SSL", ["mechanism", "username", "password", "ca"]],
  ] as const)
    it(`of ${protocol} is refused without ${needs.join(", ")}`, () => {
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

  it("hands a job its input and gives its result", async () =>
    assert.deepEqual(await run("echo", '{"secret":"s"}'), { secret: "s" }));
  for (const name of [undefined, "nosuch", "toString"])
    it(`knows no job ${name}, and says which there are`, async () => {
      const { code, message } = await failure(run(name, "{}"));
      assert.equal(code, EXIT.usage);
      assert.match(message, /no such job: .*there are echo$/);
    });
  it("quotes nothing of an input that is no JSON, which may be a secret", async () => {
    const { code, message } = await failure(run("echo", 'pass"word'));
    assert.equal(code, EXIT.usage);
    assert.doesNotMatch(message, /pass|word/);
  });
  it("says every error of an input by its path, without its value", async () => {
    const { code, message } = await failure(run("echo", '{"secret":4711,"more":1}'));
    assert.equal(code, EXIT.usage);
    assert.match(message, /secret: .*input: .*more/);
    assert.doesNotMatch(message, /4711/);
  });
  it("ends a problem with the next thing to do, on one line", () => {
    const { code, message } = explain(new Problem("it\nbroke", "Mend it"));
    assert.deepEqual([code, message], [EXIT.failed, "error: it broke. Mend it"]);
  });
  it("shows where a error of its own is", () => {
    const { code, message } = explain(new TypeError("x is not a function"));
    assert.equal(code, EXIT.bug);
    assert.match(message, /program\.test/);
  });
});
