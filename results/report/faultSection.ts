// The report's section on faults.
import type { Run } from "../../contract/result.ts";
import { detailedFaultRows, FAULT_DETAIL_HEADS, FAULT_HEADS, faultNotes } from "../faultTable.ts";
import { type Html, html, table } from "./page.ts";

/** What each fault did to the service; empty if the run had none. */
export function faultSection(run: Run): Html | "" {
  const rows = detailedFaultRows(run);
  if (rows.length === 0) return "";
  return html`<h2>Faults</h2>
<p>What each fault did to the service, and how long it took to be good again:</p>
${table([...FAULT_HEADS, ...FAULT_DETAIL_HEADS], rows)}
<p class="faint">${faultNotes(run).join(" ")}</p>`;
}
