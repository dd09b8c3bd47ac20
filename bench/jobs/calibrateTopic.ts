// Changes a topic during a calibration run in a known way, so that the counts that the run must report are known.
import { z } from "zod";
import { kafkaTargetSchema } from "../../contract/target.ts";
import { job } from "../job.ts";
import { repeatMessages, truncateTopic } from "../kafka/tamper.ts";

const topic = { target: kafkaTargetSchema, topic: z.string().min(1) };

/** The job that deletes all messages that a topic currently contains. */
export const calibrateTruncate = job({
  input: z.strictObject(topic),
  run: (input) => truncateTopic(input.target, input.topic),
});

/** The job that sends some of a topic's messages a second time. */
export const calibrateRepeat = job({
  input: z.strictObject({
    ...topic,
    count: z.int().min(1),
    /** Range of their intended times, µs since 1970. */
    fromUs: z.number(),
    toUs: z.number(),
    timeoutSec: z.number().positive(),
  }),
  run: (input) => repeatMessages(input),
});
