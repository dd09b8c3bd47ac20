// The verdicts on a step, each declared once: tables, charts, dashboards, the search and the schemas derive from this.

export interface VerdictDescriptor {
  /** What it means, in sentences, for a reader of a report. */
  explanation: string;
  /** Green: good; orange: no statement about the broker; red: bad. */
  colour: "green" | "orange" | "red";
  /** The shape of a step's point in a chart. */
  symbol: "circle" | "triangle" | "diamond" | "pin";
  /** What the shape says, for the chart's caption. Absent: nothing beyond the curve. */
  symbolText?: string;
  meetsSlo: boolean;
  /** Whether the step's results say something about the broker, so that comparisons use them. */
  tellsOfBroker: boolean;
  /**
   * What a trial with it is to the search for a knee: the value met the SLO, missed it, could not be judged because of the
   * generator, or `unclear`, which counts as missed from the second time on.
   */
  evidence: "met" | "missed" | "generator" | "unclear";
}

/** By severity, the mildest first: a run without a knee has the verdict of its worst step. */
export const VERDICTS = {
  ok: {
    explanation: "The step met the SLO.",
    colour: "green",
    symbol: "circle",
    meetsSlo: true,
    tellsOfBroker: true,
    evidence: "met",
  },
  "slo-missed": {
    explanation: "Messages were later than agreed, or too few were delivered, or too many were lost.",
    colour: "red",
    symbol: "circle",
    meetsSlo: false,
    tellsOfBroker: true,
    evidence: "missed",
  },
  "not-steady": {
    explanation:
      "Rate, backlog or latency still changed when the measurement began; or messages were late while brokers still compiled their code. It is no evidence unless it is so again.",
    colour: "orange",
    symbol: "diamond",
    symbolText: "not steady",
    meetsSlo: false,
    tellsOfBroker: true,
    evidence: "unclear",
  },
  "generator-bound": {
    explanation:
      "The program that makes the load was at its own limit. The step tells nothing about the broker, and no knee rests on it.",
    colour: "orange",
    symbol: "triangle",
    symbolText: "the generator was at its own limit",
    meetsSlo: false,
    tellsOfBroker: false,
    evidence: "generator",
  },
  failed: {
    explanation: "The step could not be carried out, or none of its messages was delivered.",
    colour: "red",
    symbol: "pin",
    meetsSlo: false,
    tellsOfBroker: false,
    evidence: "unclear",
  },
} as const satisfies Record<string, VerdictDescriptor>;

export type StepVerdict = keyof typeof VERDICTS;
/** By severity, the mildest first. */
export const STEP_VERDICTS = Object.keys(VERDICTS) as readonly StepVerdict[];

/** A run that was stopped, or cut off, has no verdict of its steps. */
const INTERRUPTED = "interrupted";
export type RunVerdict = StepVerdict | typeof INTERRUPTED;
export const RUN_VERDICTS: readonly RunVerdict[] = [...STEP_VERDICTS, INTERRUPTED];

/** The descriptor of a verdict, as one type for all of them. */
export function verdictOf({ verdict }: { verdict: StepVerdict }): VerdictDescriptor {
  return VERDICTS[verdict];
}

/** Whether a step with this verdict met the SLO; of a run: whether all of its steps did, or a knee was found. */
export function meetsSlo({ verdict }: { verdict: RunVerdict }): boolean {
  return verdict !== INTERRUPTED && VERDICTS[verdict].meetsSlo;
}

/** The most severe of some verdicts; `ok` where there are none. */
export function worstVerdict(verdicts: readonly StepVerdict[]): StepVerdict {
  return STEP_VERDICTS.findLast((verdict) => verdicts.includes(verdict)) ?? "ok";
}
