import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { platformaticAdapter } from "./platformatic.ts";

describe("the client platformatic", () => {
  const target = {
    bootstrap: ["127.0.0.1:9092"],
    security: { protocol: "PLAINTEXT" },
  } as unknown as Parameters<Awaited<ReturnType<typeof platformaticAdapter>>["connectProducer"]>[0];

  for (const [acks, asked] of [
    [0, 0],
    [1, 1],
    ["all", -1],
  ] as const) {
    // The package ignores the acks of its constructor, and asks for 1 where a request has none.
    it(`asks for acks ${acks} with each request`, async () => {
      const requests: { acks?: number }[] = [];
      class Producer {
        async metadata() {}
        async send(request: { acks?: number }) {
          requests.push(request);
          return { offsets: [{ partition: 3 }] };
        }
      }
      const adapter = await platformaticAdapter(
        async () => ({ Producer }) as unknown as typeof import("@platformatic/kafka"),
      );
      const producer = await adapter.connectProducer(target, "client", {
        topic: "t",
        acks,
        idempotent: false,
        compression: "none",
      });
      assert.deepEqual(await producer.send([{ value: Buffer.from("x") }]), [3]);
      assert.deepEqual(await producer.send([{ value: Buffer.from("y") }]), [3]);
      assert.deepEqual(
        requests.map((request) => request.acks),
        [asked, asked],
      );
    });
  }
});
