import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { eventually } from "../../test/support/eventually.ts";
import { platformaticAdapter } from "./platformatic.ts";

const target = {
  bootstrap: ["127.0.0.1:9092"],
  security: { protocol: "PLAINTEXT" },
} as unknown as Parameters<Awaited<ReturnType<typeof platformaticAdapter>>["connectProducer"]>[0];

type Package = typeof import("@platformatic/kafka");

/** A consumer without a broker, whose stream the test fills and ends. */
class FakeConsumer extends EventEmitter {
  static readonly all: FakeConsumer[] = [];
  /** How many of the next ones cannot join. */
  static failing = 0;
  readonly assignments = [{ topic: "t", partitions: [0] }];
  readonly stream = Object.assign(new Readable({ objectMode: true, read() {} }), {
    offsetsToFetch: new Map(),
    close: async () => void this.stream.destroy(),
    connections: { close: async () => void this.calls.push("end the stream's connections") },
  });
  readonly connections = { close: async () => void this.calls.push("end connections") };
  readonly calls: string[] = [];
  closed = false;

  constructor() {
    super();
    FakeConsumer.all.push(this);
  }

  async consume() {
    if (FakeConsumer.failing > 0) {
      FakeConsumer.failing -= 1;
      throw new Error("ECONNREFUSED");
    }
    return this.stream;
  }

  async commit() {
    this.calls.push("commit");
  }

  async close() {
    this.calls.push("close");
    this.closed = true;
  }

  deliver(offset: number) {
    this.stream.push({ partition: 0, value: Buffer.from(`${offset}`), offset: BigInt(offset) });
  }
}

/** A consumer of the adapter, what it receives, and the client's consumer behind it. */
async function connect() {
  const adapter = await platformaticAdapter(async () => ({ Consumer: FakeConsumer }) as unknown as Package);
  const received: string[] = [];
  const port = await adapter.connectConsumer(
    target,
    "client",
    { topic: "t", group: "g", fetch: { minBytes: 1, maxBytes: 1, maxWaitMs: 1 }, startOffsets: {} },
    () => 1,
    ({ values }) => received.push(...values.map(String)),
  );
  return { port, received, consumer: FakeConsumer.all.at(-1) as FakeConsumer };
}

describe("a consumer of platformatic", () => {
  it("is replaced when its stream fails, until another one has joined, but not after it was closed", async () => {
    const { port, received, consumer: first } = await connect();
    first.deliver(0);
    await eventually(() => assert.deepEqual(received, ["0"]));
    FakeConsumer.failing = 1;
    first.stream.destroy(new Error("connect ECONNREFUSED"));
    await eventually(() => assert.equal(port.joins(), 2));
    assert.deepEqual(
      FakeConsumer.all.map(({ closed }) => closed),
      [true, true, false],
    );
    const third = FakeConsumer.all.at(-1);
    third?.deliver(1);
    await eventually(() => assert.deepEqual(received, ["0", "1"]));
    assert.equal(
      Object.values(port.errors()).reduce((sum, count) => sum + count, 0),
      2,
    );
    await port.close();
    third?.stream.emit("close");
    assert.deepEqual([third?.closed, FakeConsumer.all.length], [true, 3]);
  });

  it("that is killed ends its connections before it closes, commits nothing, and is not replaced", async () => {
    const { port, received, consumer } = await connect();
    consumer.deliver(0);
    await eventually(() => assert.deepEqual(received, ["0"]));
    consumer.connections.close = async () => {
      consumer.calls.push("end connections");
      consumer.deliver(1);
      consumer.stream.destroy(new Error("Connection closed"));
    };
    const count = FakeConsumer.all.length;
    await port.kill();
    await eventually(() => assert.equal(consumer.stream.closed, true));
    assert.deepEqual(consumer.calls, ["end connections", "end the stream's connections", "close"]);
    assert.deepEqual([received, port.errors(), FakeConsumer.all.length], [["0"], {}, count]);
  });
});

describe("a producer of platformatic", () => {
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
      const adapter = await platformaticAdapter(async () => ({ Producer }) as unknown as Package);
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
