import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listenAddress } from "./listenAddress.ts";

describe("an agent listens", () => {
  const environment = {
    SWARMBENCH_NODE: "b",
    SWARMBENCH_TASK: "consumers.12",
    SWARMBENCH_NODE_ADDRESSES: '{"a":"10.0.0.1","b":"10.0.0.2"}',
  };

  it("on one port of its container on the overlay network", () => {
    const { SWARMBENCH_NODE_ADDRESSES: _, ...overlay } = environment;
    assert.deepEqual(listenAddress("consumer", overlay), { port: 7070 });
  });

  it("on its node's address and the port of its task on the nodes' own network", () => {
    assert.deepEqual(listenAddress("consumer", environment), { port: 7312, host: "10.0.0.2" });
    const producer = { ...environment, SWARMBENCH_NODE: "a", SWARMBENCH_TASK: "producers.1" };
    assert.deepEqual(listenAddress("producer", producer), { port: 7101, host: "10.0.0.1" });
  });

  it("nowhere if its node has no address, or its task no number", () => {
    for (const wrong of [
      { SWARMBENCH_NODE: "c" },
      { SWARMBENCH_NODE: "toString" },
      { SWARMBENCH_TASK: "consumers.?" },
    ]) {
      assert.throws(() => listenAddress("consumer", { ...environment, ...wrong }), {
        code: "service-failed",
        message: /has no address in/,
      });
    }
  });
});
