// Runs the benchmark on a stack that is up: by hand (npm run bench), or as the last resource of `pulumi up`.
import { text } from "node:stream/consumers";
import { type BenchPlan, type BenchSummary, benchPlanSchema } from "../../contract/request.ts";
import { openReservation } from "../../testbeds/index.ts";
import { runAba } from "./aba.ts";
import { type Arguments, HELP, readArguments } from "./arguments.ts";
import { RunnerContainer } from "./container.ts";
import { EXIT, Failure, UsageError } from "./exit.ts";
import { runOnce } from "./once.ts";
import { planOf } from "./plan.ts";
import { stopOnSignal } from "./signals.ts";

/** Standard output is for the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function readPlan(args: Arguments): Promise<BenchPlan> {
  const document: unknown = args.fromUp ? JSON.parse(await text(process.stdin)) : await planOf(args.stack);
  return benchPlanSchema.parse(document);
}

async function main(): Promise<number> {
  let args: Arguments;
  try {
    args = readArguments(process.argv.slice(2));
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${HELP}`);
  }
  if (args.help) {
    process.stdout.write(`${HELP}\n`);
    return EXIT.done;
  }
  const plan = await readPlan(args);
  const container = new RunnerContainer(plan);
  if (args.stop) return stop(container);
  const session = {
    plan,
    container,
    progress: say,
    signal: stopOnSignal(say),
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

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    say(`error: ${error.message}`);
    process.exitCode = error instanceof Failure ? error.code : EXIT.failed;
  },
);
