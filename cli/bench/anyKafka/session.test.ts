import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Client, nodeError } from "../../../contract/clients.ts";
import type { Arguments } from "../arguments.ts";
import type { ClientSettings } from "./clientProperties.ts";
import type { FoundWorkload } from "./omb.ts";
import { type KafkaArguments, kafkaSession, optionsOf, settingsOf } from "./session.ts";

const args = (own: Partial<Arguments>, kafka: Partial<KafkaArguments["kafka"]> = {}): KafkaArguments => ({
  stack: "local",
  set: [],
  aba: false,
  replicates: 5,
  failOnSlo: false,
  failOnWorse: false,
  stop: false,
  results: "/nowhere",
  fromUp: false,
  ...own,
  kafka: { bootstrap: "localhost:1", prefix: "p-", changes: [], ...kafka },
});
const client: ClientSettings = {
  bootstrap: undefined,
  security: { protocol: "PLAINTEXT" },
  workload: { acks: 1, lingerMs: 5, batchBytes: 9 },
};
const found: FoundWorkload = {
  name: "file",
  workload: { lingerMs: 6, batchBytes: 10 },
  benchmark: { duration: "9 seconds", network: { enabled: true, seconds: 2 } },
  notes: [],
};

describe("the load on a Kafka without a stack", () => {
  it("is that of the client properties, changed by the file, changed by the command line", () => {
    const { workload } = settingsOf(
      args({ set: ["batchBytes=12"] }, { changes: ["batchBytes=11"] }),
      client,
      found,
    );
    assert.deepEqual(workload, { client: workload.client, acks: 1, lingerMs: 6, batchBytes: 12 });
  });

  it("leaves the changes of --set to one side of --aba", () => {
    const { workload } = settingsOf(
      args({ aba: true, set: ["acks=0"] }, { changes: ["batchBytes=11"] }),
      client,
      found,
    );
    assert.deepEqual(workload, { client: workload.client, acks: 1, lingerMs: 6, batchBytes: 11 });
  });

  it("has a client that this Node.js runs, unless one is named", () => {
    const clientOf = (set: string[]) => settingsOf(args({ set }), client, found).workload.client as Client;
    assert.equal(nodeError(clientOf([])), undefined);
    assert.equal(clientOf(["client=platformatic"]), "platformatic");
  });

  it("measures no network, since there are no probes", () => {
    const { benchmark } = settingsOf(args({}), client, found);
    assert.deepEqual(benchmark, { duration: "9 seconds", network: { enabled: false, seconds: 2 } });
  });

  it("is checked before anything is connected to", async () => {
    const fails = (own: Partial<Arguments>, kafka: Partial<KafkaArguments["kafka"]>) =>
      kafkaSession(args(own, kafka), () => {}, new AbortController().signal);
    await assert.rejects(fails({ set: ["producers=0"] }, {}), /workload\.producers: expected/);
    await assert.rejects(fails({}, { bootstrap: "broker" }), /--bootstrap: broker; expected HOST:PORT/);
    await assert.rejects(fails({}, { bootstrap: "," }), /no address of a Kafka broker is given/);
    await assert.rejects(fails({}, { properties: "/nowhere/p" }), /--properties: ENOENT/);
  });

  it("can be selected again by the options of a hint", () => {
    const options = optionsOf(
      args({ set: ["a=it's"] }, { properties: "p", file: "f", changes: ["producers=5"] }),
    );
    const all = "--bootstrap localhost:1 --properties p -f f --prefix p- --set producers=5 --set";
    assert.equal(options, `${all} 'a=it'\\''s'`);
    assert.equal(optionsOf(args({}, { prefix: "swarmbench-" })), "--bootstrap localhost:1");
  });
});
