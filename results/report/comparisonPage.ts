import type { Comparison } from "../compare/comparison.ts";
import { pageData } from "../page/pageData.ts";
import { comparisonBody } from "./comparisonBody.ts";
import { type PageScript, page } from "./document.ts";
import { chartImages, imageFigure } from "./images.ts";

/** The content of compare.html: one self-contained file that loads nothing from the network. @param script as in reportPage */
export function comparisonPage(comparison: Comparison, script?: string): string {
  const { runs } = comparison;
  const more: PageScript | undefined =
    script === undefined ? undefined : { script, data: pageData("comparison", runs) };
  const figures = chartImages("comparison", runs).map(imageFigure);
  return page(`Comparison of ${runs.length} runs`, comparisonBody(comparison, figures), more);
}
