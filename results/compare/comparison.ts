import { SwarmbenchError } from "../../contract/errors.ts";
import type { Run } from "../../contract/result.ts";
import { cautions } from "./cautions.ts";
import { type ConditionDifference, conditionDifferences, errors } from "./conditions.ts";
import { type Difference, kneeDifference, latencyDifferences, networkDifference } from "./difference.ts";
import { type LatencyAndNetwork, latencyAndNetwork } from "./latencyAndNetwork.ts";
import { type TestbedRow, testbedRows } from "./testbeds.ts";

/** Runs side by side, as plain data; results/report/ displays it. */
export interface Comparison {
  runs: Run[];
  /** Why the runs cannot be compared. */
  errors: string[];
  conditions: ConditionDifference[];
  testbeds: TestbedRow[];
  /** Why a difference may have another cause than the network. */
  cautions: string[];
  /** The first run against each other one. */
  differences: {
    run: Run;
    knee: Difference | undefined;
    latencies: Difference[];
    network: Difference | undefined;
    /** One entry for each percentile that differs by more than noise. */
    latencyAndNetwork: LatencyAndNetwork[];
  }[];
}

/**
 * Compares runs with the first of them.
 *
 * @throws SwarmbenchError usage when there are fewer than two
 */
export function compare(runs: Run[]): Comparison {
  const [first, ...others] = runs;
  if (!first || others.length === 0)
    throw new SwarmbenchError("usage", "a comparison needs at least two runs");
  return {
    runs,
    errors: errors(runs),
    conditions: conditionDifferences(runs),
    testbeds: testbedRows(runs),
    cautions: cautions(runs),
    differences: others.map((run) => ({
      run,
      knee: kneeDifference(first, run),
      latencies: latencyDifferences(first, run),
      network: networkDifference(first, run),
      latencyAndNetwork: latencyAndNetwork(first, run),
    })),
  };
}

/** The name of a run in a comparison: A, B, C, … */
export const letter = (index: number) => String.fromCharCode(65 + index);
