// What the clocks did to the delays: for the table, the report, and whoever would overlook it.
import { type MeasuredStep, measuredSteps, type Run } from "../../contract/result.ts";
import { figure, valuesText } from "../../contract/text.ts";
import type { StepValues } from "../../contract/workload.ts";
import { type Html, html, table } from "./page.ts";

/** Clocks on one LAN agree to this without much ado: below it nothing is said of an offset. */
const WORTH_TELLING_MS = 0.1;

type Pair = MeasuredStep["clocks"]["pairs"][number];
type Offset = Pair & { offsetMs: number; boundMs: number };

const isKnown = (pair: Pair): pair is Offset => pair.offsetMs !== null && pair.boundMs !== null;

/** How far apart the clocks of a pair were at the worse end of the measured time, ms. */
function apart({ offsetMs, driftPpm }: Offset, { durationSeconds }: MeasuredStep): number {
  return Math.abs(offsetMs) + (Math.abs(driftPpm ?? 0) * durationSeconds) / 2_000;
}

function agentPairs({ clocks }: MeasuredStep): Offset[] {
  return clocks.pairs.filter(({ from }) => from !== "runner").filter(isKnown);
}

/** The producer and consumer whose clocks are furthest apart; undefined where none were compared. */
function widest(step: MeasuredStep): Offset | undefined {
  return agentPairs(step).reduce<Offset | undefined>(
    (most, pair) => (!most || apart(pair, step) > apart(most, step) ? pair : most),
    undefined,
  );
}

/** Whether the clocks differ by more than what is known of them, so that corrected delays say more than measured ones. */
export function needsCorrection(step: MeasuredStep): boolean {
  return agentPairs(step).some((pair) => apart(pair, step) - pair.boundMs > WORTH_TELLING_MS);
}

/** A delay, with a "*" where it is not above what the clocks make it wrong by. */
export function marked(delayMs: number | null, errorMs: number | null): string {
  const text = figure(delayMs);
  return delayMs !== null && errorMs !== null && Math.abs(delayMs) <= errorMs ? `${text}*` : text;
}

/** What the marks mean; undefined where clocks were not compared. */
export function clockSentence(run: Pick<Run, "steps">): string | undefined {
  const errors = measuredSteps(run)
    .map(({ clocks }) => clocks.errorMs)
    .filter((error) => error !== null);
  if (errors.length === 0) return undefined;
  return `clocks: a delay across two nodes is wrong by ${figure(Math.max(...errors))} ms at most (*: not above that)`;
}

/** One warning for each kind of trouble, with the worst of it. */
export function clockWarnings(steps: readonly MeasuredStep[], sloMs: number): string[] {
  const wrong = steps.filter(needsCorrection);
  const disagreeing = steps.filter(({ sameNode }) => sameNode && !sameNode.agrees);
  const unknown = steps.filter(({ delayMs, clocks }) => delayMs.count > 0 && clocks.errorMs === null);
  const turned = wrong.filter((step) => isTurned(step, sloMs));
  const bent = steps.filter(({ clocks }) => clocks.pairs.some(({ straight }) => straight === false));
  return [
    ...about(wrong, (step) => {
      const { from, to, offsetMs, boundMs } = widest(step) as Offset;
      return `the clock of ${to} is ${figure(Math.abs(offsetMs))} ms ${offsetMs > 0 ? "ahead of" : "behind"} that of ${from} (± ${figure(boundMs)} ms): measured delays are wrong by as much; corrected p50 ${figure(step.correctedDelayMs?.p50)} ms, p99 ${figure(step.correctedDelayMs?.p99)} ms`;
    }),
    ...about(disagreeing, ({ sameNode }) => {
      const { oneWayMs, ownMs, differenceMs, boundMs } = sameNode as NonNullable<MeasuredStep["sameNode"]>;
      return `the same messages took ${figure(oneWayMs.p50)} ms by two clocks and ${figure(ownMs.p50)} ms by one (p50): they disagree by ${figure(Math.abs(differenceMs))} ms, and ${figure(boundMs)} ms would be explained`;
    }),
    ...about(turned, ({ correctedDelayMs }) => {
      const p99 = correctedDelayMs?.p99 ?? 0;
      return `with corrected delays the p99 of ${figure(p99)} ms ${p99 <= sloMs ? "meets" : "misses"} the SLO, unlike the measured one on which the verdict rests`;
    }),
    ...about(bent, () => "a clock was stepped or slewed while it was measured"),
    ...about(
      unknown,
      () => "the agents' clocks could not be compared (no answer over UDP): nothing is known of their error",
    ),
  ];
}

function isTurned({ delayMs, correctedDelayMs }: MeasuredStep, sloMs: number): boolean {
  if (delayMs.p99 === null || !correctedDelayMs || correctedDelayMs.p99 === null) return false;
  return delayMs.p99 <= sloMs !== correctedDelayMs.p99 <= sloMs;
}

/** Says it of the last step that has it: later ones have the longer history, and all are named. */
function about(steps: readonly MeasuredStep[], say: (step: MeasuredStep) => string): string[] {
  const last = steps.at(-1);
  if (!last) return [];
  const numbers = steps.map(({ step }) => step).join(", ");
  return [`${steps.length === 1 ? "step" : "steps"} ${numbers}: ${say(last)}`];
}

/** For the report. */
export function clockSection(run: Run): Html {
  const compared = measuredSteps(run).filter(({ clocks }) => clocks.pairs.length > 0);
  if (compared.length === 0) return html`<p>The agents' clocks were not compared.</p>`;
  return html`<p>Agents exchange timestamps before, during and after each step. Every probe is a limit of the clocks' offset
from either side, so that the bound holds whatever delayed the probes. Offset: how far the consumer's clock is ahead.</p>
${table(
  [
    ...["step", "offset ms", "± ms", "drift ppm", "delays wrong by at most, ms", "below zero"],
    ...[
      "p50 as measured",
      "corrected",
      "p99 as measured",
      "corrected",
      "same node, p50",
      "one way, p50",
      "agree",
    ],
  ],
  compared.map((step) => {
    const { clocks, delayMs, correctedDelayMs, sameNode } = step;
    const pair = widest(step);
    return [
      `${step.step}: ${valuesText(step.values as StepValues)}`,
      ...[pair?.offsetMs, pair?.boundMs, pair?.driftPpm, clocks.errorMs].map(figure),
      delayMs.negative,
      ...[marked(delayMs.p50, clocks.errorMs), marked(correctedDelayMs?.p50 ?? null, clocks.boundMs)],
      ...[marked(delayMs.p99, clocks.errorMs), marked(correctedDelayMs?.p99 ?? null, clocks.boundMs)],
      ...[figure(sameNode?.ownMs.p50), figure(sameNode?.oneWayMs.p50)],
      agreement(sameNode),
    ];
  }),
)}
<p class="faint">* not above what is known of the clocks. Same node: a share of the messages, also consumed by the task that
sent them, and timed by that node's monotonic clock alone; one way: the same messages by two clocks.</p>
<details><summary>every pair of tasks, last step</summary>${pairTable(compared.at(-1) as MeasuredStep)}</details>`;
}

function agreement(sameNode: MeasuredStep["sameNode"]): Html | string {
  if (!sameNode) return "-";
  const text = `${sameNode.agrees ? "yes" : "no"} (${figure(sameNode.differenceMs)} of ± ${figure(sameNode.boundMs)} ms)`;
  return html`<span class="${sameNode.agrees ? "ok" : "missed"}">${text}</span>`;
}

function pairTable({ clocks }: MeasuredStep): Html {
  return table(
    ["from", "to", "offset ms", "± ms", "drift ppm", "quickest probe ms", "probes", "answered"],
    clocks.pairs.map((pair) => [
      ...[pair.from, pair.to, figure(pair.offsetMs), figure(pair.boundMs), figure(pair.driftPpm)],
      ...[figure(pair.minRttMs), pair.sent, pair.answered],
    ]),
  );
}
