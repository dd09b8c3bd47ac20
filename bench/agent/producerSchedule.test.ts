// Whether the messages that a producer task sends are due when the log check computes that they were.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Arrival, MESSAGE_HEADER_BYTES } from "../../contract/workload.ts";
import { eventually } from "../../test/support/eventually.ts";
import { samplePrepare } from "../../test/support/samplePrepare.ts";
import type { ClientAdapter } from "../clients/port.ts";
import { readStamp, type Stamp } from "../load/message.ts";
import { scheduleOfProducer } from "../load/schedule.ts";
import { SelfWatch } from "../measure/self.ts";
import { openWallClock } from "../wallClock.ts";
import { ProducerStep } from "./producerStep.ts";

const ARRIVALS: readonly Arrival[] = [
  "constant",
  "poisson",
  { burst: { size: 5 } },
  { ramp: { from: 0.5, over: 1 } },
];

/** The stamps of all messages that a task with the producers 3 and 4 sends in half a second. */
async function sentBy(arrival: Arrival) {
  const stamps: Stamp[] = [];
  const adapter: ClientAdapter = {
    name: "kafkajs",
    version: "0",
    connectConsumer: async () => assert.fail("it consumes"),
    connectProducer: async () => ({
      send: async (messages) => {
        for (const { value } of messages) {
          const stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };
          assert.ok(readStamp(value, stamp));
          stamps.push(stamp);
        }
        return [0];
      },
      close: async () => {},
    }),
  };
  // Sizes, content and keys take random numbers too, which must not change when messages are due.
  const order = samplePrepare(
    { run: "r1", step: 7 },
    {
      producers: 5,
      rate: 200,
      arrival,
      messageBytes: { uniform: [MESSAGE_HEADER_BYTES, 200] },
      keys: { uniform: 9 },
    },
    { share: { first: 3, count: 2 } },
  );
  const clock = openWallClock();
  const step = new ProducerStep({ ...order, kafka: { ...order.kafka } }, adapter, clock, new SelfWatch());
  await step.prepare();
  const startUs = clock.nowUs() + 20_000;
  step.start(startUs);
  step.measure({ fromUs: startUs + 100_000, toUs: startUs + 500_000 });
  await eventually(async () => assert.ok(step.report(0).idle));
  await step.collect(1_000);
  return { order, startUs, stamps };
}

describe("the messages of a producer task", () => {
  for (const arrival of ARRIVALS) {
    it(`are due at the times of their schedule, to the µs, with arrival ${JSON.stringify(arrival)}`, async () => {
      const { order, startUs, stamps } = await sentBy(arrival);
      for (const producer of [3, 4]) {
        const own = stamps.filter((stamp) => stamp.producer === producer);
        assert.ok(own.length > 20, `${own.length} messages`);
        const schedule = scheduleOfProducer(order, producer);
        for (const [sequence, stamp] of own.entries())
          assert.deepEqual([stamp.sequence, stamp.intendedUs], [sequence, startUs + schedule.next()]);
      }
    });
  }
});
