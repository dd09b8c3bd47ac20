// What a calibration keeps: calibration.json and calibration.md, written anew with every line that is found.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { conditionsSchema } from "../../contract/result.ts";
import { writeWhole } from "../../results/store.ts";
import { type Row, rowSchema } from "./row.ts";
import { markdownOf } from "./table.ts";

export const calibrationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  scenario: z.string(),
  /** Fewer rounds: whether it works, not how well. */
  quick: z.boolean(),
  startedAt: z.iso.datetime(),
  /** null: it is under way, or was cut off. */
  endedAt: z.iso.datetime().nullable(),
  /** Of the first run; null: there was none. */
  conditions: conditionsSchema.nullable(),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      question: z.string(),
      startedAt: z.iso.datetime(),
      endedAt: z.iso.datetime().nullable(),
      /** Names of the benchmark's runs, whose folders are below runs/. */
      runs: z.array(z.string()),
      rows: z.array(rowSchema),
    }),
  ),
});
export type Calibration = z.output<typeof calibrationSchema>;

/** A row that has not passed fails the whole; so does one without any row to pass. */
export function hasPassed({ checks }: Calibration): boolean {
  return (
    checks.length > 0 &&
    checks.every(({ rows }) => rows.length > 0 && rows.every(({ pass }) => pass !== false))
  );
}

/** calibration-<UTC>-<scenario> */
export function folderName(scenario: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return `calibration-${time}-${scenario.replace(/[^0-9A-Za-z._-]/g, "-")}`;
}

export class CalibrationRecord {
  readonly calibration: Calibration;

  readonly folder: string;

  constructor(folder: string, about: Pick<Calibration, "scenario" | "quick">) {
    this.folder = folder;

    mkdirSync(folder, { recursive: true });
    this.calibration = {
      schemaVersion: 1,
      ...about,
      startedAt: new Date().toISOString(),
      endedAt: null,
      conditions: null,
      checks: [],
    };
    this.write();
  }

  /** A check begins: what is added from now on is its. */
  begin(check: string, question: string): void {
    const startedAt = new Date().toISOString();
    this.calibration.checks.push({ check, question, startedAt, endedAt: null, runs: [], rows: [] });
    this.write();
  }

  add(rows: readonly Row[]): void {
    this.calibration.checks.at(-1)?.rows.push(...rows);
    this.write();
  }

  /** The check is over. */
  finish(runs: readonly string[], conditions: Calibration["conditions"]): void {
    const check = this.calibration.checks.at(-1);
    if (check) Object.assign(check, { endedAt: new Date().toISOString(), runs: [...runs] });
    this.calibration.conditions ??= conditions;
    this.write();
  }

  /** All checks are over. */
  end(): void {
    this.calibration.endedAt = new Date().toISOString();
    this.write();
  }

  private write(): void {
    writeWhole(path.join(this.folder, "calibration.json"), `${JSON.stringify(this.calibration, null, 1)}\n`);
    writeWhole(path.join(this.folder, "calibration.md"), markdownOf(this.calibration));
  }
}
