import { mkdirSync } from "node:fs";
import path from "node:path";
import { writeWhole } from "../../results/store.ts";
import type { Calibration } from "./calibration.ts";
import type { Row } from "./row.ts";
import { markdownOf } from "./table.ts";

/** Whether the calibration passed: it has checks, each check has rows, and no row failed. */
export function hasPassed({ checks }: Calibration): boolean {
  return (
    checks.length > 0 &&
    checks.every(({ rows }) => rows.length > 0 && rows.every(({ pass }) => pass !== false))
  );
}

/** calibration-<UTC time>-<scenario> */
export function folderName(scenario: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return `calibration-${time}-${scenario.replace(/[^0-9A-Za-z._-]/g, "-")}`;
}

/** Writes calibration.json and calibration.md, again after every row. */
export class CalibrationRecord {
  /** The calibration so far. */
  readonly calibration: Calibration;
  private readonly folder: string;

  constructor(folder: string, { scenario, quick }: Pick<Calibration, "scenario" | "quick">) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.calibration = {
      schemaVersion: 1,
      scenario,
      quick,
      startedAt: new Date().toISOString(),
      endedAt: null,
      conditions: null,
      checks: [],
    };
    this.write();
  }

  /** A check begins: rows that are added from now on belong to it. */
  begin(check: string, question: string): void {
    const startedAt = new Date().toISOString();
    this.calibration.checks.push({ check, question, startedAt, endedAt: null, runs: [], rows: [] });
    this.write();
  }

  /** Adds rows to the current check. */
  add(rows: readonly Row[]): void {
    this.calibration.checks.at(-1)?.rows.push(...rows);
    this.write();
  }

  /** The current check has ended. */
  finish(runs: readonly string[], conditions: Calibration["conditions"]): void {
    const check = this.calibration.checks.at(-1);
    if (check) Object.assign(check, { endedAt: new Date().toISOString(), runs: [...runs] });
    this.calibration.conditions ??= conditions;
    this.write();
  }

  /** All checks have ended. */
  end(): void {
    this.calibration.endedAt = new Date().toISOString();
    this.write();
  }

  private write(): void {
    writeWhole(path.join(this.folder, "calibration.json"), `${JSON.stringify(this.calibration, null, 1)}\n`);
    writeWhole(path.join(this.folder, "calibration.md"), markdownOf(this.calibration));
  }
}
