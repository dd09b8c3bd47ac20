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

/** "client: kafkajs or another", the clients that reach a broker and are capable of something. */
const those = (can: (client: ClientDescriptor) => boolean) =>
  `client: ${KAFKA_CLIENTS.filter((name) => can(clientOf(name))).join(" or ")}`;

describe("a client's descriptor", () => {
  it("says what it cannot do, and which client can", () => {
    assert.deepEqual(clientErrors("kafkajs", { compression: "lz4", idempotent: true, proxied: true }), [
      {
        option: "compression",
        message: `kafkajs has none and gzip; for lz4 set ${those(({ compression }) => compression.includes("lz4"))}`,
      },
    ]);
    assert.deepEqual(clientErrors("platformatic", { compression: "lz4", proxied: true }), [
      {
        option: "client",
        message: `client platformatic cannot connect through a proxy; set ${those(({ proxyRoute }) => proxyRoute)}`,
      },
    ]);
    for (const name of CLIENT_NAMES) assert.deepEqual(clientErrors(name, { compression: "none" }), []);
  });

  it("leaves one client that can take a part of its partitions, and one without a broker", () => {
    assert.ok(KAFKA_CLIENTS.some((name) => clientOf(name).partitionSubset));
    assert.deepEqual(
      CLIENT_NAMES.filter((name) => !KAFKA_CLIENTS.includes(name)),
      ["null"],
    );
  });

  it("names the version of Node.js that it needs, where this one is older", () => {
    const message = /^client platformatic needs Node\.js 22\.22\.0, 24\.6\.0 or newer, and this is/;
    for (const version of ["18.20.0", "20.12.2", "20.20.2", "22.21.9", "23.1.0", "24.5.9"])
      assert.match(nodeError("platformatic", version) ?? "", message);
    for (const version of ["22.22.0", "22.23.3", "24.6.0", "26.0.0"])
      assert.equal(nodeError("platformatic", version), undefined);
  });

  it("keeps no other client from being loaded by an old Node.js", async () => {
    await assert.rejects(adapterOf("platformatic", "20.12.2"), /needs Node\.js .* and this is 20\.12\.2/);
    for (const name of ["kafkajs", "null"] satisfies Client[])
      assert.equal((await adapterOf(name, "20.12.2")).name, name);
  });

  it("is that of an adapter of the same name", async () => {
    for (const name of CLIENT_NAMES.filter((each) => nodeError(each) === undefined))
      assert.equal((await adapterOf(name)).name, name);
  });
});
