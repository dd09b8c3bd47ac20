// npm run calibrate: check after check on a stack that is up.
import path from "node:path";
import type { Command } from "commander";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { outputsOf, parsePlan } from "../bench/plan.ts";
import { project } from "../lib/paths.ts";
import { abortOnSignal, interruption } from "../lib/signals.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import type { Check } from "./check.ts";
import { accounts } from "./checks/accounts.ts";
import { generator } from "./checks/generator.ts";
import { independentTools } from "./checks/independentTools.ts";
import { knownDelay } from "./checks/knownDelay.ts";
import { omission } from "./checks/omission.ts";
import { repeatability } from "./checks/repeatability.ts";
import { Harness } from "./harness.ts";
import { CalibrationRecord, folderName, hasPassed } from "./record.ts";
import { notDone } from "./row.ts";
import { terminalTable, verdictText } from "./table.ts";

const CHECKS: readonly Check[] = [knownDelay, omission, independentTools, accounts, repeatability, generator];

const say = (line: string) => void process.stderr.write(`${line}\n`);

async function openHarness({ stack }: Arguments, results: string, signal: AbortSignal): Promise<Harness> {
  const { benchPlan, nodes, proxyImage, registry } = await outputsOf(stack);
  const plan = parsePlan(benchPlan, `stack ${stack}`);
  if (proxyImage === undefined) {
    throw new SwarmbenchError(
      "stack-outdated",
      `The stack ${stack} has no proxy yet. Bring it up to date: pulumi up -s ${stack}`,
    );
  }
  return new Harness({ plan, nodes, proxyImage, registry, results, signal, progress: say });
}

/** What cannot be done has failed, and the next check goes on; unless it was Ctrl-C. */
async function carryOut(
  check: Check,
  harness: Harness,
  record: CalibrationRecord,
  quick: boolean,
): Promise<void> {
  const { signal } = harness.parts;
  const before = harness.runs.length;
  say(`\n${check.name}: ${check.question}`);
  record.begin(check.name, check.question);
  const add = (...rows: Parameters<typeof record.add>[0][number][]) => {
    record.add(rows);
    for (const { what, measured, pass } of rows) say(`  ${verdictText(pass)}: ${what}: ${measured}`);
  };
  try {
    await check.run(harness, { quick, add });
  } catch (error) {
    const why = signal.aborted ? "it was stopped" : (error as Error).message;
    add(notDone(check.name, why));
  } finally {
    record.finish(harness.runs.slice(before), harness.conditions ?? null);
  }
}

/** Carries out the checks that were asked for. @returns the exit code */
export async function run(command: Command): Promise<number> {
  const args = readArguments(command);
  const signal = abortOnSignal(() => say("stopping the run in order; once more: at once"));
  const folder = path.resolve(project, args.results, folderName(args.stack, new Date()));
  const harness = await openHarness(args, path.join(folder, "runs"), signal);
  const record = new CalibrationRecord(folder, { scenario: args.stack, quick: args.quick });
  for (const check of CHECKS.filter(({ name }) => args.only?.includes(name) ?? true)) {
    if (!signal.aborted) await carryOut(check, harness, record, args.quick);
  }
  if (!signal.aborted) record.end();
  process.stdout.write(
    `${terminalTable(record.calibration)}\n\n${path.relative(project, folder)}/calibration.md\n`,
  );
  if (signal.aborted) return interruption() ?? EXIT.interrupted;
  return hasPassed(record.calibration) ? EXIT.done : EXIT.failed;
}
