import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CLIENT_NAMES } from "../../contract/clients.ts";
import { faultsSchema } from "../../contract/faults.ts";
import { idempotenceWarnings } from "./faults.ts";

const faults = faultsSchema.parse([{ at: 10, fault: "broker-kill", target: "broker 1" }]);
const kafkajs = { client: "kafkajs", idempotent: true } as const;

describe("a run with faults and idempotent producers", () => {
  it("warns that kafkajs may lose a message then, and names what to set", () => {
    const [warning, ...more] = idempotenceWarnings(kafkajs, { faults });
    assert.match(warning ?? "", /kafkajs: it may lose a message.*workload\.idempotent: false/);
    assert.deepEqual(more, []);
  });

  it("warns of the clients that a sweep has, and of no other", () => {
    assert.equal(idempotenceWarnings(kafkajs, { faults, sweep: { client: [...CLIENT_NAMES] } }).length, 1);
    assert.deepEqual(idempotenceWarnings(kafkajs, { faults, sweep: { client: ["platformatic"] } }), []);
  });

  it("does not warn without faults, without idempotence, or of a client of which nothing is known", () => {
    assert.deepEqual(idempotenceWarnings(kafkajs, {}), []);
    assert.deepEqual(idempotenceWarnings({ ...kafkajs, idempotent: false }, { faults }), []);
    assert.deepEqual(idempotenceWarnings({ ...kafkajs, client: "platformatic" }, { faults }), []);
  });
});
