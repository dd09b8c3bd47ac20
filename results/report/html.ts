import type { Run } from "../../contract/result.ts";
import { pageData } from "../page/pageData.ts";
import { type PageScript, page } from "./document.ts";
import { chartImages, imageFigure } from "./images.ts";
import { reportBody } from "./reportBody.ts";

/**
 * The content of report.html: one self-contained file that loads nothing from the network.
 *
 * @param script draws the charts for the theme and width of the reader, with tooltips and zoom. Default: images alone
 */
export function reportPage(run: Run, script?: string): string {
  const more: PageScript | undefined =
    script === undefined ? undefined : { script, data: pageData("report", [run]) };
  const body = reportBody(run, chartImages("report", [run]).map(imageFigure));
  return page(`${run.scenario}: ${run.run}`, body, more);
}
