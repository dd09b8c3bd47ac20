import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CLIENT_NAMES,
  type Client,
  type ClientDescriptor,
  clientErrors,
  clientOf,
  KAFKA_CLIENTS,
  nodeError,
} from "../../contract/clients.ts";
import { adapterOf } from "./index.ts";

/** The setting that selects a capable client that reaches a broker: "client: kafkajs or another". */
const capable = (can: (client: ClientDescriptor) => boolean) =>
  `client: ${KAFKA_CLIENTS.filter((name) => can(clientOf(name))).join(" or ")}`;

describe("a client's descriptor", () => {
  it("reports an unsupported option, and which client supports it", () => {
    assert.deepEqual(clientErrors("kafkajs", { compression: "lz4", idempotent: true, proxied: true }), [
      {
        option: "compression",
        message: `kafkajs has none and gzip; for lz4 set ${capable(({ compression }) => compression.includes("lz4"))}`,
      },
    ]);
    assert.deepEqual(clientErrors("platformatic", { compression: "lz4", proxied: true }), [
      {
        option: "client",
        message: `client platformatic cannot connect through a proxy; set ${capable(({ proxyRoute }) => proxyRoute)}`,
      },
    ]);
    for (const name of CLIENT_NAMES) assert.deepEqual(clientErrors(name, { compression: "none" }), []);
  });

  it("includes a client that can consume a subset of its partitions, and one without a broker", () => {
    assert.ok(KAFKA_CLIENTS.some((name) => clientOf(name).partitionSubset));
    assert.deepEqual(
      CLIENT_NAMES.filter((name) => !KAFKA_CLIENTS.includes(name)),
      ["null"],
    );
  });

  it("names the required version of Node.js if this one is older", () => {
    const message = /^client platformatic needs Node\.js 22\.22\.0, 24\.6\.0 or newer, but this is/;
    for (const version of ["18.20.0", "20.12.2", "20.20.2", "22.21.9", "23.1.0", "24.5.9"])
      assert.match(nodeError("platformatic", version) ?? "", message);
    for (const version of ["22.22.0", "22.23.3", "24.6.0", "26.0.0"])
      assert.equal(nodeError("platformatic", version), undefined);
  });

  it("lets an old Node.js load the other clients", async () => {
    await assert.rejects(adapterOf("platformatic", "20.12.2"), /needs Node\.js .* but this is 20\.12\.2/);
    for (const name of ["kafkajs", "null"] satisfies Client[])
      assert.equal((await adapterOf(name, "20.12.2")).name, name);
  });

  it("has an adapter of the same name", async () => {
    for (const name of CLIENT_NAMES.filter((each) => nodeError(each) === undefined))
      assert.equal((await adapterOf(name)).name, name);
  });
});
