// Results as JUnit XML, for the pages of continuous integration. Elements and attributes are those that Jenkins, GitLab and the
// reporters of GitHub Actions read: https://github.com/testmoapp/junitxml
import { isMeasured, type Run, type Step } from "../contract/result.ts";
import { meetsSlo, verdictOf } from "../contract/verdicts.ts";
import { type Comparison, letter } from "./compare/comparison.ts";
import type { Difference } from "./compare/difference.ts";
import { kneeSentence, sloSentence } from "./sentences.ts";
import { stepName } from "./steps.ts";

/** One test case. */
interface Case {
  name: string;
  /** s */
  time: number;
  /** failure: an expectation was not met. error: it could not be evaluated. skipped: there was none. */
  outcome: "passed" | "failure" | "error" | "skipped";
  /** Why, in one line. */
  message: string;
  /** More about it. */
  details: string;
}

interface Suite {
  name: string;
  /** UTC, ISO 8601. */
  startedAt: string;
  cases: Case[];
}

/**
 * A run as JUnit XML, with a case for each step. It has a failure or an error exactly if {@link meetsSlo} is false for the run,
 * which is when `--fail-on-slo` ends with 3. If the run searched a knee, the case `knee` decides, and steps that missed the SLO
 * are skipped: a search makes them on purpose.
 */
export function junitOfRun(run: Run): string {
  const searched = Boolean(run.conditions.benchmark.search) || run.knee !== null;
  const steps = run.steps.map((step) => stepCase(step, searched));
  return xml({
    name: `swarmbench ${run.scenario} ${run.run}`,
    startedAt: run.startedAt,
    cases: [...steps, ...(searched ? [kneeCase(run)] : []), ...endCases(run, searched, steps)],
  });
}

function stepCase(step: Step, searched: boolean): Case {
  const { verdict, reasons } = step;
  const message = [verdict, ...reasons].join("; ");
  const common = {
    name: stepName(step),
    time: isMeasured(step) ? step.durationSeconds : 0,
    message,
    details: detailsOf(step),
  };
  if (meetsSlo(step)) return { ...common, outcome: "passed" };
  if (searched) return { ...common, outcome: "skipped", message: `a trial of the search: ${message}` };
  return { ...common, outcome: verdictOf(step).evidence === "missed" ? "failure" : "error" };
}

function detailsOf(step: Step): string {
  if (!isMeasured(step)) return step.reasons.join("\n");
  const { latencyMs, offered, delivered, lost } = step;
  const ms = (value: number | null) => (value === null ? "unknown" : `${value} ms`);
  return [
    `p50 ${ms(latencyMs.p50)}, p99 ${ms(latencyMs.p99)}, p99.9 ${ms(latencyMs["p99.9"])}, max ${ms(latencyMs.max)}`,
    `offered ${offered}, delivered ${delivered}, lost ${lost}`,
  ].join("\n");
}

function kneeCase(run: Run): Case {
  const missed = run.steps.some((step) => verdictOf(step).evidence === "missed");
  const common = { name: "knee", time: 0, message: kneeSentence(run), details: `SLO: ${sloSentence(run)}` };
  if (meetsSlo(run)) return { ...common, outcome: "passed" };
  // Without any step that met the SLO, it was missed; otherwise the search did not decide.
  return { ...common, outcome: missed && !run.steps.some(meetsSlo) ? "failure" : "error" };
}

/** A case for the run itself, if no other one says that it did not reach its end or that it failed. */
function endCases(run: Run, searched: boolean, steps: readonly Case[]): Case[] {
  const isKnown = searched || steps.some(({ outcome }) => outcome === "failure" || outcome === "error");
  if (meetsSlo(run) || isKnown) return [];
  const message = `${run.verdict}; ${run.warnings.at(-1) ?? "the run did not reach its end"}`;
  return [{ name: "run", time: 0, outcome: "error", message, details: run.warnings.join("\n") }];
}

/**
 * A comparison as JUnit XML, with a case for each latency and knee that both runs have. It fails if the second run is worse.
 * A value with too little evidence for a test is skipped.
 */
export function junitOfComparison({ runs, differences, errors }: Comparison): string {
  return xml({
    name: `swarmbench compare ${runs.map(({ run }) => run).join(" ")}`,
    startedAt: runs[0]?.startedAt ?? "",
    cases: [
      ...errors.map((text): Case => ({ name: text, time: 0, outcome: "error", message: text, details: "" })),
      ...differences.flatMap(({ knee, latencies }, index) => {
        const pair = `A and ${letter(index + 1)}`;
        return [
          ...latencies.map((each) => differenceCase(`${pair}: ${each.value}: ${each.percentile}`, each)),
          ...(knee ? [differenceCase(`${pair}: knee`, knee)] : []),
        ];
      }),
    ],
  });
}

function differenceCase(name: string, { text, differs, worse, tested }: Difference): Case {
  const message = `${differs ? "differs" : "cannot tell"}: ${text}`;
  const outcome = worse ? "failure" : tested ? "passed" : "skipped";
  return { name, time: 0, outcome, message, details: message };
}

function xml({ name, startedAt, cases }: Suite): string {
  const count = (outcome: Case["outcome"]) => cases.filter((each) => each.outcome === outcome).length;
  const time = cases.reduce((sum, each) => sum + each.time, 0);
  const counts = { tests: cases.length, failures: count("failure"), errors: count("error") };
  const suite = { name, ...counts, skipped: count("skipped"), time, timestamp: startedAt.slice(0, 19) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "swarmbench", ...counts, time })}>`,
    `  <testsuite${attributes(suite)}>`,
    ...cases.map((each) => caseXml(name, each)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function caseXml(suite: string, { name, time, outcome, message, details }: Case): string {
  const start = `    <testcase${attributes({ name, classname: suite, time })}>`;
  const output = details === "" ? "" : `\n      <system-out>${escaped(details)}</system-out>`;
  const result =
    outcome === "passed"
      ? ""
      : outcome === "skipped"
        ? `\n      <skipped${attributes({ message })}/>`
        : `\n      <${outcome}${attributes({ message, type: outcome })}>${escaped(details)}</${outcome}>`;
  return `${start}${result}${output}\n    </testcase>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join("");
}

/** Text without markup; characters that XML 1.0 cannot have become U+FFFD. */
function escaped(text: string): string {
  return (
    text
      .replaceAll(/\p{Cs}/gu, "\ufffd") // half of a surrogate pair
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 allows none of these
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replaceAll(/[&<>"'\n\r\t]/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}
