// Checks the benchmark on a stack that is up (npm run calibrate).
import path from "node:path";
import type { Command } from "commander";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { Display } from "../bench/display.ts";
import { parsePlan } from "../bench/plan.ts";
import { benchOutputs } from "../bench/stack.ts";
import { abortOnSignal, interruption } from "../lib/signals.ts";
import { shownPath } from "../lib/userPaths.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import type { Check } from "./check.ts";
import { accounts } from "./checks/accounts.ts";
import { generator } from "./checks/generator.ts";
import { independentTools } from "./checks/independentTools.ts";
import { knownDelay } from "./checks/knownDelay.ts";
import { omission } from "./checks/omission.ts";
import { repeatability } from "./checks/repeatability.ts";
import { Harness } from "./harness.ts";
import { refuseHostNetwork } from "./proxy.ts";
import { CalibrationRecord, folderName, hasPassed } from "./record.ts";
import { notDone } from "./row.ts";
import { terminalTable, verdictText } from "./table.ts";

const CHECKS: readonly Check[] = [knownDelay, omission, independentTools, accounts, repeatability, generator];

const display = new Display(process.stderr);
const say = (line: string) => display.show(line);

async function openHarness({ stack }: Arguments, results: string, signal: AbortSignal): Promise<Harness> {
  const { benchPlan, nodes, proxyImage, registry } = await benchOutputs(stack);
  const plan = parsePlan(benchPlan, `stack ${stack}`);
  refuseHostNetwork(plan.target, stack);
  if (proxyImage === undefined) {
    throw new SwarmbenchError("stack-outdated", `the stack ${stack} has no proxy image yet`, {
      hint: `Bring the stack up to date: pulumi up -s ${stack}`,
    });
  }
  return new Harness({ plan, nodes, proxyImage, registry, results, signal, progress: say });
}

/** Runs a check and records its rows. A check that cannot be run counts as failed. */
async function runCheck(
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
    add(notDone(check.name, signal.aborted ? "it was stopped" : (error as Error).message));
  } finally {
    record.finish(harness.runs.slice(before), harness.conditions ?? null);
  }
}

/** Runs the selected checks. @returns the exit code @throws SwarmbenchError when the stack is not up or is outdated */
export async function run(command: Command): Promise<number> {
  const args = readArguments(command);
  const signal = abortOnSignal(() => say("stopping the run cleanly; press Ctrl-C again to exit at once"));
  const folder = path.join(args.results, folderName(args.stack, new Date()));
  const harness = await openHarness(args, path.join(folder, "runs"), signal);
  const record = new CalibrationRecord(folder, { scenario: args.stack, quick: args.quick });
  for (const check of CHECKS.filter(({ name }) => args.only?.includes(name) ?? true)) {
    if (!signal.aborted) await runCheck(check, harness, record, args.quick);
  }
  if (!signal.aborted) record.end();
  process.stdout.write(`${terminalTable(record.calibration)}\n\n${shownPath(folder)}/calibration.md\n`);
  if (signal.aborted) return interruption() ?? EXIT.interrupted;
  return hasPassed(record.calibration) ? EXIT.done : EXIT.failed;
}
