import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { consumersInGroup, ofAllTopics, ofTopic, topicCount, topicNames, topicOf } from "./topics.ts";
import { workloadSchema } from "./workload.ts";

describe("the topics of a step", () => {
  it("have the name itself if there is one, and numbers if there are several", () => {
    assert.deepEqual(topicNames("t", 1), ["t"]);
    assert.deepEqual(topicNames("t", 3), ["t-1", "t-2", "t-3"]);
    assert.equal(topicCount(workloadSchema.parse({})), 1);
  });

  it("are taken in turn by producers and consumers", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((client) => topicOf(client, 3)),
      [0, 1, 2, 0, 1],
    );
    assert.equal(consumersInGroup(workloadSchema.parse({ consumers: 2, topics: 5 })), 10);
  });

  it("number their partitions so that each topic gets its own back", () => {
    const offsets = fc.dictionary(fc.integer({ min: 0, max: 6 }).map(String), fc.nat(), { maxKeys: 7 });
    fc.assert(
      fc.property(fc.array(offsets, { minLength: 1, maxLength: 5 }), (topics) => {
        const all = ofAllTopics(topics, 7);
        for (const [topic, own] of topics.entries()) assert.deepEqual(ofTopic(all, topic, 7), { ...own });
      }),
    );
  });

  const messages = (workload: object) =>
    workloadSchema
      .safeParse(workload)
      .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

  it("are refused if a topic had no producer, or all had too many partitions or consumers", () => {
    assert.match(
      String(messages({ topics: 11, producers: 10 })),
      /^topics: 10 producers cannot send to 11 topics/,
    );
    assert.match(
      String(messages({ topics: 100, partitions: 10_000 })),
      /^topics: 100 topics would have 1000000 partitions together; expected at most 200000/,
    );
    assert.match(
      String(messages({ topics: 100, consumers: 1_001 })),
      /^consumers: 1 groups of 100 topics would have 100100 consumers/,
    );
    assert.match(
      String(messages({ topics: 2, topic: "t".repeat(248) })),
      /^topic: expected a name that leaves room/,
    );
    assert.equal(messages({ topics: 10, producers: 10, topic: "t".repeat(246) }), undefined);
  });
});
