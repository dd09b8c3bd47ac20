// Prints the calibration's table for the terminal and as Markdown.
import Table from "cli-table3";
import type { Calibration } from "./calibration.ts";
import type { Row } from "./row.ts";

const HEAD = ["check", "what was done", "expected", "measured", "limit", ""];
const WIDTHS = [20, 44, 20, 32, 20, 8];

/** "pass", "FAIL" or "stated". */
export function verdictText(pass: Row["pass"]): string {
  return pass === null ? "stated" : pass ? "pass" : "FAIL";
}

function linesOf({ checks }: Pick<Calibration, "checks">): string[][] {
  return checks.flatMap(({ check, rows }) =>
    rows.map(({ what, expected, measured, limit, pass }) => [
      ...[check, what, expected, measured, limit, verdictText(pass)],
    ]),
  );
}

/** The table for the terminal. */
export function terminalTable(calibration: Pick<Calibration, "checks">): string {
  const table = new Table({ head: HEAD, colWidths: WIDTHS, wordWrap: true, style: { head: [], border: [] } });
  table.push(...linesOf(calibration));
  return table.toString();
}

const cell = (text: string) => text.replace(/\s+/g, " ").replaceAll("|", "\\|");

/** The content of calibration.md. */
export function markdownOf(calibration: Calibration): string {
  const { scenario, startedAt, endedAt, quick, checks } = calibration;
  const failed = checks.flatMap(({ rows }) => rows).filter(({ pass }) => pass === false).length;
  const state = endedAt === null ? "not finished" : failed > 0 ? `${failed} failed` : "passed";
  return [
    `# Calibration of ${scenario}: ${state}`,
    `${startedAt} to ${endedAt ?? "-"}${quick ? "; quick: fewer rounds, which show whether the checks work, not how exact the benchmark is" : ""}`,
    ...conditionLines(calibration),
    `| ${HEAD.join(" | ")} |\n|${" --- |".repeat(HEAD.length)}\n${linesOf(calibration)
      .map((line) => `| ${line.map(cell).join(" | ")} |`)
      .join("\n")}`,
    checks
      .map(({ check, question, runs }) => `- ${check}: ${question} Runs: ${runs.join(", ") || "-"}`)
      .join("\n"),
    "",
  ].join("\n\n");
}

/** The main conditions; calibration.json has all of them. */
function conditionLines({ conditions }: Calibration): string[] {
  if (!conditions) return [];
  const { swarmbench, source, versions, nodes } = conditions;
  const machines = nodes.map(
    ({ name, role, cpus, memoryMiB, cpuModel, kernel }) =>
      `${name} (${role}): ${cpus ?? "?"} CPUs, ${memoryMiB ?? "?"} MiB, ${cpuModel ?? "?"}, kernel ${kernel ?? "?"}`,
  );
  const texts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const commit = `${swarmbench.commit ?? "no commit"}${swarmbench.dirty ? ", with uncommitted changes" : ""}`;
  return [
    [`swarmbench ${swarmbench.version} (${commit}); images: ${source}; ${texts.join(", ")}`, ...machines]
      .map((line) => `- ${line}`)
      .join("\n"),
  ];
}
