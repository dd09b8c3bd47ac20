// Runs side by side, as plain data; results/report/ shows it.
import type { Run } from "../../contract/result.ts";
import { cautions } from "./cautions.ts";
import { type ConditionDifference, conditionDifferences, errors } from "./conditions.ts";
import { type Difference, kneeDifference, latencyDifferences, networkDifference } from "./difference.ts";
import { type LatencyAndNetwork, latencyAndNetwork } from "./latencyAndNetwork.ts";
import { type TestbedRow, testbedRows } from "./testbeds.ts";

export interface Comparison {
  runs: Run[];
  /** Why they cannot be compared. */
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
    network?: Difference | undefined;
    /** One for each percentile that differs by more than noise. */
    latencyAndNetwork: LatencyAndNetwork[];
  }[];
}

/**
 * Compares runs with the first of them.
 *
 * @throws Error when there are fewer than two
 */
export function compare(runs: Run[]): Comparison {
  const [first, ...others] = runs;
  if (!first || others.length === 0) throw new Error("a comparison needs two runs at least");
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

/** A, B, C, …: how a run is called in a comparison. */
export const letter = (index: number) => String.fromCharCode(65 + index);
