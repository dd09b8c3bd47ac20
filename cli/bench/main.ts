// Runs the benchmark on a stack that is up: by hand (npm run bench), or as the last resource of `pulumi up`.
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import type { BenchPlan, BenchSummary } from "../../contract/request.ts";
import { openReservation } from "../../testbeds/index.ts";
import { abortOnSignal } from "../lib/signals.ts";
import { runAba } from "./aba.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import { RunnerContainer } from "./container.ts";
import { runOnce } from "./once.ts";
import { parsePlanText, planOf } from "./plan.ts";

/** Standard output is for the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function readPlan(args: Arguments): Promise<BenchPlan> {
  return args.fromUp ? parsePlanText(await text(process.stdin)) : planOf(args.stack);
}

/** Runs the benchmark, or stops the run that is under way. @returns the exit code */
export async function run(command: Command): Promise<number> {
  const args = readArguments(command);
  const plan = await readPlan(args);
  const container = new RunnerContainer(plan);
  if (args.stop) return stop(container);
  const session = {
    plan,
    container,
    progress: say,
    signal: abortOnSignal(() => say("stopping the run in order; once more: at once")),
    reservation: openReservation(plan, say),
  };
  if (args.aba) return runAba(session, args);
  const { summary, exitCode } = await runOnce(session, args, { changes: args.set });
  if (args.fromUp) process.stdout.write(`${JSON.stringify(summary satisfies BenchSummary)}\n`);
  return exitCode;
}

async function stop(container: RunnerContainer): Promise<number> {
  const found = await container.find();
  if (!found?.running) {
    say("no run is under way");
    return EXIT.done;
  }
  say(`stopping ${found.run}`);
  await container.stop();
  say("stopped; who followed it has its results, else the next run of the same fetches them");
  return EXIT.done;
}
