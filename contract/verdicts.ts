// The verdicts of a step. Each is declared once: tables, charts, dashboards, the search and the schemas derive from this.

/** Meaning and presentation of a verdict. */
export interface VerdictDescriptor {
  /** Explanation for a reader of a report, in sentences. */
  explanation: string;
  /** Green: good. Orange: says nothing about the broker. Red: bad. */
  colour: "green" | "orange" | "red";
  /** The shape of a step's point in a chart. */
  symbol: "circle" | "triangle" | "diamond" | "pin";
  /** Meaning of the shape, for the chart's caption. Absent: the shape needs no explanation. */
  symbolText?: string;
  /** Whether the step met the SLO. */
  meetsSlo: boolean;
  /** Whether the step's results are about the broker. Comparisons use only such steps. */
  aboutBroker: boolean;
  /**
   * How the search for the knee counts a step: `met` and `missed` say whether the value met the SLO; `generator`: the
   * generator was at its own limit. `unclear` is no evidence: the search tries the value again, a few times.
   */
  evidence: "met" | "missed" | "generator" | "unclear";
}

/** All verdicts, the least severe first: a run without a knee has the verdict of its worst step. */
export const VERDICTS = {
  ok: {
    explanation: "The step met the SLO.",
    colour: "green",
    symbol: "circle",
    meetsSlo: true,
    aboutBroker: true,
    evidence: "met",
  },
  "not-decidable": {
    explanation:
      "Nothing shows that the SLO was missed, but too few messages were due to show that it was met, since a p99 needs at least 1,000, or the log could not be checked. The step does not count as evidence.",
    colour: "orange",
    symbol: "diamond",
    meetsSlo: false,
    aboutBroker: true,
    evidence: "unclear",
  },
  "slo-missed": {
    explanation:
      "Messages were later than the SLO allows, too few were delivered, or too many were lost or are not in the log.",
    colour: "red",
    symbol: "circle",
    meetsSlo: false,
    aboutBroker: true,
    evidence: "missed",
  },
  "not-steady": {
    explanation:
      "Rate, backlog or latency changed during the measurement, or messages were late while the brokers' JIT compilers were busy. The step does not count as evidence: a search tries the value again.",
    colour: "orange",
    symbol: "diamond",
    symbolText: "not steady, not drained, or too few messages",
    meetsSlo: false,
    aboutBroker: true,
    evidence: "unclear",
  },
  "not-drained": {
    explanation:
      "Messages were still under way when the drain ended, so it is not known how many were lost or how late they were. The step does not count as evidence.",
    colour: "orange",
    symbol: "diamond",
    meetsSlo: false,
    aboutBroker: true,
    evidence: "unclear",
  },
  "generator-bound": {
    explanation:
      "The load generator was at its own limit. The step says nothing about the broker, and no knee is based on it.",
    colour: "orange",
    symbol: "triangle",
    symbolText: "the generator was at its own limit",
    meetsSlo: false,
    aboutBroker: false,
    evidence: "generator",
  },
  failed: {
    explanation: "The step could not be run to its end, or none of its messages was delivered.",
    colour: "red",
    symbol: "pin",
    meetsSlo: false,
    aboutBroker: false,
    evidence: "unclear",
  },
} as const satisfies Record<string, VerdictDescriptor>;

/** Verdict of a step. */
export type StepVerdict = keyof typeof VERDICTS;
/** All verdicts of a step, the least severe first. */
export const STEP_VERDICTS = Object.keys(VERDICTS) as readonly StepVerdict[];

/** Verdict of a run that was stopped, or ended without its last event. */
const INTERRUPTED = "interrupted";
/** Verdict of a run. */
export type RunVerdict = StepVerdict | typeof INTERRUPTED;
/** All verdicts of a run. */
export const RUN_VERDICTS: readonly RunVerdict[] = [...STEP_VERDICTS, INTERRUPTED];

/** The descriptor of a verdict, typed the same for all verdicts. */
export function verdictOf({ verdict }: { verdict: StepVerdict }): VerdictDescriptor {
  return VERDICTS[verdict];
}

/** Whether a step met the SLO; for a run, whether all of its steps did or a knee was found. */
export function meetsSlo({ verdict }: { verdict: RunVerdict }): boolean {
  return verdict !== INTERRUPTED && VERDICTS[verdict].meetsSlo;
}

/** The most severe of these verdicts; `ok` if there are none. */
export function worstVerdict(verdicts: readonly StepVerdict[]): StepVerdict {
  return STEP_VERDICTS.findLast((verdict) => verdicts.includes(verdict)) ?? "ok";
}
