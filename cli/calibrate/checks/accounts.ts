// Known loss, known duplicates: what was done to the messages must be what was counted, to the last one.
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
/** Seconds without a message until the consumers' count is taken to stand still. */
const STILL_SEC = 2;
const LINE = "cut";

/** Consumers are cut off, the topic is emptied, and they are let in again: what came meanwhile is lost. */
async function truncation(harness: Harness): Promise<Row[]> {
  const { kafka } = harness.parts.plan.target;
  return BenchProxy.during(harness, [{ name: LINE, latencyMs: 0 }], async (proxy) => {
    const cutAndTruncate = async (live: LiveStep) => {
      await live.measuring();
      await proxy.arrange(false);
      const before = live.seconds.length;
      // One second may have begun before the cut.
      await live.until("the consumers stood still", (seconds) => {
        const last = seconds.slice(before + 1).slice(-STILL_SEC);
        return last.length === STILL_SEC && last.every(({ delivered }) => delivered === 0);
      });
      const { delivered } = live;
      const { records } = await harness.job<{ records: number }>("calibrate-truncate", {
        target: kafka,
        topic: live.name,
      });
      await proxy.arrange(true);
      if (records <= delivered) throw new Error("nothing was lost: the consumers were not cut off");
      return records - delivered;
    };
    // The consumers come back within seconds, whatever their pause between attempts has grown to.
    const options = { via: { consumer: proxy.via(LINE) } };
    const { step, acted } = await harness.stepWhile([...LOAD, "drain=15"], cutAndTruncate, options);
    return [
      exactly("consumers cut off, topic truncated: lost, by Kafka's watermarks", step.lost, acted),
      exactly(
        "the same: delivered and lost are what was acknowledged",
        step.delivered + step.lost,
        step.acked,
      ),
    ];
  });
}

/** Messages of the measured time are sent again, byte for byte. */
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
      throw new Error("the messages were repeated too late to be counted: try again on a quieter machine");
    }
    return repeated;
  };
  const { step, acted } = await harness.stepWhile([...LOAD, "drain=15"], repeat);
  return [
    exactly(`${acted} messages sent a second time: duplicated`, step.duplicated, acted),
    exactly("the same: lost", step.lost, 0),
  ];
}

/** Consumers leave messages out. */
async function skipping(harness: Harness): Promise<Row[]> {
  // Swarm changes the tasks in their places and waits until they run; the runner waits until they answer.
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
      throw new Error("the consumers left nothing out, although they were told to");
    const warned = run.warnings.filter((text) => text.includes("SWARMBENCH_FAULT")).length;
    const consumers = run.conditions.agents.filter(({ role }) => role === "consumer").length;
    return [
      exactly(
        `consumers leave out every ${SKIP_EVERY}th message of a producer: lost, by the consumers' own count`,
        step.lost,
        step.skippedOnPurpose,
      ),
      exactly("the same: consumers that the run's warnings name", warned, consumers),
    ];
  } finally {
    await update("--env-rm", "SWARMBENCH_FAULT");
  }
}

export const accounts: Check = {
  name: "accounts",
  question: QUESTIONS.accounts,
  run: async (harness, { add }) => {
    for (const [name, part] of Object.entries({ truncation, duplicates, skipping })) {
      try {
        add(...(await part(harness)));
      } catch (error) {
        if (harness.parts.signal.aborted) throw error;
        add(notDone(name, (error as Error).message)); // the others still tell
      }
    }
  },
};
