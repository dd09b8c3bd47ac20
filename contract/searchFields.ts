// The options of a search, except the variable that it varies.
import { z } from "zod";
import { wholeNumber } from "./units.ts";
import { longTime, numberIn, timeOrNone } from "./workloadFields.ts";

/** Fields of `benchmark.search`: its range, its precision and its limits. Times are parsed to seconds. */
export const searchFields = {
  from: numberIn(0.001, 16_777_216, "a number").describe(
    "First value of the search. If it misses the SLO, the search goes down: it halves the value up to four times.",
  ),
  to: numberIn(0.001, 16_777_216, "a number").describe("Largest value of the search."),
  tolerance: numberIn(0.005, 0.5, "a share")
    .prefault(0.05)
    .describe(
      "Precision of the knee, as a share of the value. The values that the search tries are half of it apart. The search ends once both ends of the 90 % interval of the limit are at most twice the tolerance from its middle. Default: 0.05.",
    ),
  trials: wholeNumber(1, 25)
    .prefault(3)
    .describe("Largest number of trials of a value near the limit. Default: 3."),
  confirm: timeOrNone
    .prefault("60 seconds")
    .describe(
      'Measured time of the confirmation, the last step of a search, at the knee. If this step misses the SLO, the knee is lowered and tried again. "0 seconds": no confirmation. Default: "60 seconds".',
    ),
  otherP99Ms: z
    .array(numberIn(0.1, 600_000, "ms"))
    .max(10, "expected at most 10 limits")
    .optional()
    .describe(
      "More limits of the p99 latency, in ms, such as [10, 50]. The search finds a knee for each, with the other fields of `slo`, and all share their steps as evidence. The verdicts of steps, charts and exit codes remain those of `slo`. Default: none.",
    ),
  maxSteps: wholeNumber(1, 1_000)
    .prefault(40)
    .describe("Largest number of steps of the search, for each of its SLOs. Default: 40."),
  maxTime: longTime
    .prefault("1 hour")
    .describe(
      'Time limit of the search, such as "2 hours": no step begins after it. With otherP99Ms it is multiplied by the number of SLOs. Default: "1 hour".',
    ),
};
