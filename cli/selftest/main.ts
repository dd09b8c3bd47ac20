import Table from "cli-table3";
import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import { elapsed } from "../lib/steps.ts";
import type { Row } from "./row.ts";
import { CHECKS } from "./selftest.ts";

const VERDICTS = { true: "pass", false: "FAIL", null: "" } as const;

/** Runs every check and prints the table. @returns the exit code */
export function run(command: Command): number {
  const { quick } = command.opts<{ quick: boolean }>();
  const rows: Row[] = [];
  for (const check of CHECKS) {
    process.stderr.write(`${check.name} … (${elapsed()})\n`);
    rows.push(...check.rows({ quick }));
  }
  console.log(tableOf(rows));
  const missed = rows.filter(({ pass }) => pass === false).length;
  console.log(
    missed === 0 ? `all ${rows.length} limits are met` : `${missed} of ${rows.length} limits are missed`,
  );
  return missed === 0 ? EXIT.done : EXIT.failed;
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({
    head: ["check", "simulated", "measured", "limit", ""],
    style: { head: [], border: [], compact: true },
  });
  for (const { check, what, measured, limit, pass } of rows) {
    table.push([check, what, measured, limit, VERDICTS[`${pass}`]]);
  }
  return table.toString();
}
