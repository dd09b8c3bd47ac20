// What a calibration does to a topic behind a run's back, so that it is known what the run must find.
import { z } from "zod";
import { kafkaTargetSchema } from "../../contract/target.ts";
import { job } from "../job.ts";
import { repeatMessages, truncateTopic } from "../kafka/tamper.ts";

const topic = { target: kafkaTargetSchema, topic: z.string().min(1) };

/** Removes every message that a topic has now. */
export const calibrateTruncate = job({
  input: z.strictObject(topic),
  run: (input) => truncateTopic(input.target, input.topic),
});

/** Sends some of a topic's messages once more. */
export const calibrateRepeat = job({
  input: z.strictObject({
    ...topic,
    count: z.int().min(1),
    /** Of their intended time, µs since 1970. */
    fromUs: z.number(),
    toUs: z.number(),
    timeoutSec: z.number().positive(),
  }),
  run: (input) => repeatMessages(input),
});
