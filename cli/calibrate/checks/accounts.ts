// Known loss and known duplicates: the benchmark must count exactly what was done to the messages.
import { isMeasured } from "../../../contract/result.ts";
import type { Check } from "../check.ts";
import type { Harness } from "../harness.ts";
import type { LiveStep } from "../live.ts";
import { BenchProxy } from "../proxy.ts";
import { QUESTIONS } from "../questions.ts";
import { exactly, notDone, type Row } from "../row.ts";

const SECONDS = 12;
const LOAD = ["producers=20", "rate=10", `duration=${SECONDS}`];
const REPEATED = 50;
const SKIP_EVERY = 20;
/** The consumers count as stopped after this many seconds without a message. */
const STILL_SEC = 2;
const ROUTE = "cut";

/** Disconnects the consumers, truncates the topic and connects them again: what arrived in between is lost. */
async function truncation(harness: Harness): Promise<Row[]> {
  const { kafka } = harness.parts.plan.target;
  return BenchProxy.during(harness, [{ name: ROUTE, latencyMs: 0 }], async (proxy) => {
    const cutAndTruncate = async (live: LiveStep) => {
      await live.measuring();
      await proxy.setEnabled(false);
      const before = live.seconds.length;
      // One second may have begun before the consumers were disconnected.
      await live.until("the consumers stopped", (seconds) => {
        const last = seconds.slice(before + 1).slice(-STILL_SEC);
        return last.length === STILL_SEC && last.every(({ delivered }) => delivered === 0);
      });
      const { delivered } = live;
      const { records } = await harness.job<{ records: number }>("calibrate-truncate", {
        target: kafka,
        topic: live.name,
      });
      await proxy.setEnabled(true);
      if (records <= delivered) throw new Error("nothing was lost: the consumers were not disconnected");
      return records - delivered;
    };
    // The drain is long enough for the consumers' reconnect backoff.
    const options = { proxyRoutes: { consumer: proxy.proxyRoute(ROUTE) } };
    const { step, acted } = await harness.stepWhile([...LOAD, "drain=15"], cutAndTruncate, options);
    return [
      exactly(
        "consumers disconnected, topic truncated: lost (expected: by Kafka's watermarks)",
        step.lost,
        acted,
      ),
      exactly("same step: delivered + lost (expected: acknowledged)", step.delivered + step.lost, step.acked),
    ];
  });
}

/** Sends messages of the measured time a second time, byte for byte. */
async function duplicates(harness: Harness): Promise<Row[]> {
  const repeat = async (live: LiveStep) => {
    const fromSec = await live.measuring();
    const { repeated } = await harness.job<{ repeated: number }>("calibrate-repeat", {
      target: harness.parts.plan.target.kafka,
      topic: live.name,
      count: REPEATED,
      fromUs: fromSec * 1e6,
      toUs: (fromSec + SECONDS) * 1e6,
      timeoutSec: SECONDS,
    });
    if (live.seconds.filter(({ measured }) => measured).length >= SECONDS) {
      throw new Error(
        "the messages were sent again after the measured time: repeat the check on a less busy machine",
      );
    }
    return repeated;
  };
  const { step, acted } = await harness.stepWhile([...LOAD, "drain=15"], repeat);
  return [
    exactly(`${acted} messages sent a second time: duplicated`, step.duplicated, acted),
    exactly("same step: lost", step.lost, 0),
  ];
}

/** Makes the consumers skip messages on purpose. */
async function skipping(harness: Harness): Promise<Row[]> {
  // Swarm replaces the tasks and waits until they run; the runner waits until they answer.
  const update = (flag: string, value: string) =>
    harness.onManager(
      { FLAG: flag, VALUE: value },
      'docker service update --quiet --no-resolve-image "$FLAG" "$VALUE" consumers >/dev/null',
    );
  try {
    await update("--env-add", `SWARMBENCH_FAULT=skip:${SKIP_EVERY}`);
    const run = await harness.run([...LOAD, "drain=5"]);
    const [step] = run.steps;
    if (!step || !isMeasured(step) || !step.skippedOnPurpose)
      throw new Error("the consumers skipped no message, although SWARMBENCH_FAULT was set");
    const warned = run.warnings.filter((text) => text.includes("SWARMBENCH_FAULT")).length;
    const consumers = run.conditions.agents.filter(({ role }) => role === "consumer").length;
    return [
      exactly(
        `consumers skip every ${SKIP_EVERY}th message of a producer: lost (expected: the consumers' own count)`,
        step.lost,
        step.skippedOnPurpose,
      ),
      exactly("same run: consumers named in its warnings", warned, consumers),
    ];
  } finally {
    await update("--env-rm", "SWARMBENCH_FAULT");
  }
}

/** Checks that lost and duplicated messages are counted exactly. */
export const accounts: Check = {
  name: "accounts",
  question: QUESTIONS.accounts,
  run: async (harness, { add }) => {
    for (const [name, check] of Object.entries({ truncation, duplicates, skipping })) {
      try {
        add(...(await check(harness)));
      } catch (error) {
        if (harness.parts.signal.aborted) throw error;
        add(notDone(name, (error as Error).message)); // the other checks still count
      }
    }
  },
};
