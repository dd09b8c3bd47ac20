import { SwarmbenchError } from "../../contract/errors.ts";
import type { Knee, Run } from "../../contract/result.ts";
import { cautions } from "./cautions.ts";
import { type ConditionDifference, conditionDifferences, errors } from "./conditions.ts";
import { type Difference, differencesOf, type LatencyDifference, networkDifference } from "./difference.ts";
import { type LatencyAndNetwork, latencyAndNetwork } from "./latencyAndNetwork.ts";
import { type TestbedRow, testbedRows } from "./testbeds.ts";

/** Runs side by side, as plain data; results/report/ displays it. */
export interface Comparison {
  runs: Run[];
  /** Why the runs cannot be compared. */
  errors: string[];
  conditions: ConditionDifference[];
  testbeds: TestbedRow[];
  /** Whether both sides were measured in turns. If not, a change on the machines between the runs looks like a difference. */
  interleaved: boolean;
  /** Why a difference may have a cause other than the network. */
  cautions: string[];
  /** The first run against each other one. */
  differences: {
    run: Run;
    knee: Difference | undefined;
    latencies: LatencyDifference[];
    network: Difference | undefined;
    /** One entry for each percentile that differs. */
    latencyAndNetwork: LatencyAndNetwork[];
  }[];
}

/** How the compared runs were made. */
interface Design {
  /** Default: false. */
  interleaved?: boolean;
  /** The knees of each run, if it is pooled from several searches. Default: the knee of the run. */
  knees?: readonly (readonly Knee[])[];
}

/**
 * Compares runs with the first of them.
 *
 * @throws SwarmbenchError usage if there are fewer than two
 */
export function compare(runs: Run[], { interleaved = false, knees }: Design = {}): Comparison {
  const [first, ...others] = runs;
  if (!first || others.length === 0)
    throw new SwarmbenchError("usage", "a comparison needs at least two runs");
  const kneesOf = (run: Run, index: number) => knees?.[index] ?? (run.knee ? [run.knee] : []);
  return {
    runs,
    interleaved,
    errors: errors(runs),
    conditions: conditionDifferences(runs),
    testbeds: testbedRows(runs),
    cautions: cautions(runs),
    differences: others.map((run, index) => {
      const { knee, latencies } = differencesOf(first, run, [kneesOf(first, 0), kneesOf(run, index + 1)]);
      return {
        run,
        knee,
        latencies,
        network: networkDifference(first, run),
        latencyAndNetwork: latencyAndNetwork(first, run, latencies),
      };
    }),
  };
}

/** The name of a run in a comparison: A, B, C, … */
export const letter = (index: number) => String.fromCharCode(65 + index);
