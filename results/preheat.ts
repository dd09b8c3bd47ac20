// The preheat of a run in one sentence. It is shown apart from the steps, because it does not count as evidence.
import { isMeasured, type Run } from "../contract/result.ts";
import { formatNumber } from "../contract/text.ts";
import { stepValues } from "./steps.ts";

/** "preheat: 6 steps, no evidence; …"; undefined: there was none. */
export function preheatSentence({ preheat = [] }: Pick<Run, "preheat">): string | undefined {
  const last = preheat.at(-1);
  if (!last) return undefined;
  const count = preheat.length === 1 ? "1 step" : `${preheat.length} steps`;
  if (!isMeasured(last)) return `preheat: ${count}, the last of which failed`;
  const { brokersJitThreads, latencyMs } = last;
  const jit =
    typeof brokersJitThreads === "number"
      ? `, ${formatNumber(brokersJitThreads)} busy JIT compiler threads`
      : "";
  return `preheat: ${count}, which do not count as evidence; the last one (${stepValues(last)}) had a p50 of ${formatNumber(latencyMs.p50)} ms${jit}`;
}
