import { isMeasured, type Run, type Step } from "../../contract/result.ts";
import { meetsSlo } from "../../contract/verdicts.ts";
import { allSteps, stepName } from "../steps.ts";
import { type Html, html, table } from "./page.ts";

/** Maximum number of rows; run.json has all events. */
const MOST_ROWS = 200;

/** Something that happened in a run. */
export interface Happening {
  /** UTC, ISO 8601. */
  at: string;
  kind: "warning" | "resumed" | "rebalance" | "step" | "fault";
  text: string;
}

/** What happened in a run, in its order: warnings, resumes, steps that missed the SLO or failed, faults of messages and consumers. */
export function happeningsOf(run: Run): Happening[] {
  const notes: Happening[] = run.notes ?? [];
  const steps = allSteps(run).flatMap((step) => (step.phase === "preheat" ? [] : stepHappenings(step)));
  return [...notes, ...steps].sort((a, b) => a.at.localeCompare(b.at));
}

function stepHappenings(step: Step): Happening[] {
  const at = step.startedAt;
  const name = `step ${stepName(step)}`;
  const happenings: Happening[] = [];
  if (!meetsSlo(step)) {
    happenings.push({ at, kind: "step", text: `${name}: ${step.verdict}; ${step.reasons.join("; ")}` });
  }
  if (!isMeasured(step)) return happenings;
  const { errors, lost, reread = 0 } = step;
  const failed = Object.entries(errors).filter(([, count]) => count > 0);
  const fault = (text: string) => happenings.push({ at, kind: "fault", text: `${name}: ${text}` });
  if (failed.length > 0)
    fault(failed.map(([kind, count]) => `${count} sends failed with ${kind}`).join(", "));
  if (lost > 0) fault(`${lost} messages lost`);
  if (reread > 0) fault(`${reread} deliveries repeated, as after a rebalance of the consumers`);
  return happenings;
}

/** The report's section on events; empty if nothing happened. */
export function eventSection(run: Run): Html | "" {
  const happenings = happeningsOf(run);
  if (happenings.length === 0) return "";
  const shown = happenings.slice(0, MOST_ROWS);
  const rows = shown.map(({ at, kind, text }) => [at.slice(11, 19), kind, text]);
  const more = happenings.length - shown.length;
  return html`<h2>Events</h2>
<div class="left">${table(["time, UTC", "kind", "event"], rows)}</div>
${more > 0 ? html`<p class="faint">${more} more are in run.json.</p>` : ""}`;
}
