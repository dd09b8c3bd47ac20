import { clocks } from "./clocks.ts";
import { differences } from "./differences.ts";
import { histograms } from "./histograms.ts";
import { knee } from "./knee.ts";
import type { Check } from "./row.ts";

/** Every check of the self-test, in the order of its table. */
export const CHECKS: readonly Check[] = [differences, knee, clocks, histograms];
