// Histograms as text, in the format of HdrHistogram's outputPercentileDistribution, which its plotter and others read:
// https://hdrhistogram.github.io/HdrHistogram/plotFiles.html
import { LatencyHistogram } from "../../contract/histogram.ts";
import { isMeasured, type MeasuredStep, type Run } from "../../contract/result.ts";
import { allSteps, stepName } from "../steps.ts";
import type { ExportFile } from "./file.ts";

/** The histograms of a step, by the name of their files. */
const KINDS: readonly { kind: string; what: string; encoded: (step: MeasuredStep) => string }[] = [
  { kind: "latency", what: "latency", encoded: ({ histogram }) => histogram },
  { kind: "ack", what: "time from send to acknowledgement", encoded: ({ histograms }) => histograms.ack },
  {
    kind: "send-to-receive",
    what: "time from send to receive",
    encoded: ({ histograms }) => histograms.sendToReceive,
  },
];

/** Three .hgrm files for each measured step, values in ms; a histogram without samples has none. */
export function hgrmFiles(run: Run): ExportFile[] {
  return allSteps(run)
    .filter(isMeasured)
    .flatMap((step) => KINDS.flatMap(({ kind, what, encoded }) => filesOf(step, kind, what, encoded(step))));
}

function filesOf(step: MeasuredStep, kind: string, what: string, encoded: string): ExportFile[] {
  if (encoded === "") return [];
  const histogram = new LatencyHistogram();
  histogram.addEncoded(encoded);
  const { above, below } = histogram.percentileTextMs();
  const name = `hgrm/step-${String(step.step).padStart(3, "0")}-${kind}`;
  const of = `${what} of step ${stepName(step)}, ms`;
  const files: ExportFile[] = [];
  if (above !== undefined) files.push({ name: `${name}.hgrm`, type: "text/plain", text: above, about: of });
  if (below !== undefined) {
    const about = `${of}: magnitudes of the samples below zero`;
    files.push({ name: `${name}-below-zero.hgrm`, type: "text/plain", text: below, about });
  }
  return files;
}
