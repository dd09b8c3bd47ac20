// The part of the section "Messages" about log checks.
import { measuredSteps, type Run } from "../../contract/result.ts";
import { formatNumber } from "../../contract/text.ts";
import { deviationTexts, logCheckSentence } from "../logCheck.ts";
import { stepName } from "../steps.ts";
import { capitalize } from "../text.ts";
import { type Html, html, table } from "./page.ts";

const HEADS = [
  "step",
  "acks",
  "sent",
  "acknowledged",
  "failed",
  "unanswered",
  "in the log",
  "acknowledged and missing",
  "not acknowledged but in the log",
  "duplicated",
  "out of order",
  "unrecorded",
  "foreign",
  "deleted offsets",
  "unclean elections",
  "check s",
];

/** What the log checks found; empty if no step was checked. */
export function logCheckPart(run: Run): Html | "" {
  const sentence = logCheckSentence(run);
  if (sentence === undefined) return "";
  const checked = measuredSteps(run).flatMap((step) =>
    step.logCheck ? [{ step, name: stepName(step), check: step.logCheck }] : [],
  );
  const idempotent = run.conditions.workload.idempotent === true ? ", idempotent" : "";
  const rows = checked.map(({ step, name, check }) => [
    name,
    `${step.acks}${idempotent}`,
    ...[check.sent, check.acked, check.failed, check.unanswered, check.present],
    ...[check.missing, check.unacked, check.duplicated, check.reordered],
    ...[check.unrecorded, check.foreign, check.deleted, step.uncleanElections ?? "-"],
    formatNumber(check.seconds),
  ]);
  const details = checked.flatMap(({ name, check }) => {
    const texts = deviationTexts(check);
    return texts.length > 0 ? [html`<p class="faint">${name}: ${texts.join("; ")}.</p>`] : [];
  });
  return html`<p>${capitalize(sentence)}. The counts are of the whole step, warm-up included:</p>
${table(HEADS, rows)}
${details}`;
}
