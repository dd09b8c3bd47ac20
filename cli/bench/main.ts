// Runs the benchmark on a stack that is up: by hand (npm run bench), or as the last resource of `pulumi up`.
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { EXIT } from "../../contract/errors.ts";
import type { BenchPlan, BenchSummary } from "../../contract/request.ts";
import { openReservation } from "../../testbeds/index.ts";
import { abortOnSignal } from "../lib/signals.ts";
import { runAba } from "./aba.ts";
import { type KafkaArguments, kafkaSession } from "./anyKafka/session.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import { RunnerContainer } from "./container.ts";
import { Display } from "./display.ts";
import { runOnce } from "./once.ts";
import { parsePlan, parsePlanText } from "./plan.ts";
import type { Session } from "./session.ts";
import { benchOutputs } from "./stack.ts";

/** Progress goes to standard error: standard output is for the result. */
const display = new Display(process.stderr);
const say = (line: string) => display.show(line);

async function readPlan(args: Arguments): Promise<{ plan: BenchPlan; nodes: Session["nodes"] }> {
  if (args.fromUp) {
    const plan = parsePlanText(await text(process.stdin));
    return { plan, nodes: plan.faultNodes };
  }
  const { benchPlan, nodes } = await benchOutputs(args.stack);
  return {
    plan: parsePlan(benchPlan, `stack ${args.stack}`),
    nodes: nodes.map(({ hostname, ssh, sudo, container }) => ({ name: hostname, ssh, sudo, container })),
  };
}

/**
 * Runs the benchmark, or stops the run that is under way.
 *
 * @returns the exit code
 * @throws SwarmbenchError when the run could not start or did not reach its end
 */
export async function run(command: Command): Promise<number> {
  const args = readArguments(command);
  if (args.kafka) return runOnKafka({ ...args, kafka: args.kafka });
  const { plan, nodes } = await readPlan(args);
  const container = new RunnerContainer(plan);
  if (args.stop) return stop(container);
  const session = {
    plan,
    nodes,
    container,
    progress: say,
    signal: stopSignal(),
    reservation: openReservation(plan, say),
  };
  if (args.aba) return runAba(session, args);
  const { summary, exitCode } = await runOnce(session, args, { changes: args.set });
  if (args.fromUp) process.stdout.write(`${JSON.stringify(summary satisfies BenchSummary)}\n`);
  return exitCode;
}

/** Runs the benchmark on a Kafka cluster that is not part of a stack. @returns the exit code */
async function runOnKafka(args: KafkaArguments): Promise<number> {
  const session = await kafkaSession(args, say, stopSignal());
  if (args.aba) return runAba(session, args);
  return (await runOnce(session, args, { changes: [] })).exitCode;
}

function stopSignal(): AbortSignal {
  return abortOnSignal(() => say("stopping the run cleanly; press Ctrl-C again to exit at once"));
}

async function stop(container: RunnerContainer): Promise<number> {
  const runner = await container.find();
  if (!runner?.running) {
    say("no run is under way");
    return EXIT.done;
  }
  say(`stopping ${runner.run}`);
  await container.stop();
  say(
    "stopped. The command that followed the run writes its results. If no command followed it, run the same bench command again: it fetches them",
  );
  return EXIT.done;
}
