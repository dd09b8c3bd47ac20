// Reserves the nodes of a scenario through OAR: by hand (npm run reserve), or as a resource of `pulumi up`.
import { text } from "node:stream/consumers";
import { installationDirectory } from "../../components/lib/stackName";
import type { Door } from "../../components/testbed/oar/door";
import { hasCode, OarError } from "../../components/testbed/oar/errors";
import { isEnding } from "../../components/testbed/oar/job";
import { slotOf } from "../../components/testbed/oar/names";
import { openDoor } from "../../components/testbed/oar/open";
import { planSlots } from "../../components/testbed/oar/plan";
import {
  extend,
  release,
  releaseJob,
  sleepUntilCut,
  tellEnd,
  type Watch,
} from "../../components/testbed/oar/reserve";
import type { OarSettings } from "../../components/testbed/oar/settings";
import { fillSlot, slotRequest, stackRequest } from "../../components/testbed/oar/slot";
import { formatWalltime, remainingSec } from "../../components/testbed/oar/walltime";
import { EXIT, Failure } from "../bench/exit";
import { type Arguments, HELP, readArguments } from "./arguments";
import { type Reservation, readScenario } from "./scenario";

/** npm hands on the Ctrl-C that the terminal has given us already; a hand is slower than that. */
const ECHO_MS = 300;

/** Ctrl-C, or `pulumi up` that is cancelled: a job that we made and that waits is deleted. Once more: at once. */
function stopOnSignal(): AbortSignal {
  const stopping = new AbortController();
  let first = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      const now = Date.now();
      if (stopping.signal.aborted && now - first > ECHO_MS) process.exit(EXIT.interrupted);
      if (stopping.signal.aborted) return;
      first = now;
      say("stopping; once more: at once, and what waits stays");
      stopping.abort();
    });
  }
  return stopping.signal;
}

/** Standard output is for the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const watch: Watch = { now: Date.now, sleep: sleepUntilCut, progress: say };

const open = (settings: OarSettings): Door => openDoor(settings, installationDirectory());

/** What `pulumi up` and `pulumi destroy` ask for; the request is as it was at the last `up`. */
async function fromUp({ mode }: Arguments): Promise<void> {
  const document: unknown = JSON.parse(await text(process.stdin));
  const slot = slotRequest.safeParse(document);
  if (mode === "delete") {
    const { settings, base } = stackRequest.parse(document);
    await release(open(settings), base, watch, slot.success ? { slots: [slot.data.slot] } : {});
    return;
  }
  const request = slotRequest.parse(document);
  print(JSON.stringify(await fillSlot(open(request.settings), request, watch)));
}

async function reserveAll({ settings, base, nodes }: Reservation): Promise<void> {
  const door = open(settings);
  const plan = planSlots(base, await door.jobs(base), nodes);
  const results = await Promise.all(
    plan.slots.map((slot) => fillSlot(door, { settings, base, ...slot }, watch)),
  );
  for (const id of plan.release) {
    await releaseJob(door, id, watch);
    say(`job ${id} is not needed any more, and was deleted`);
  }
  for (const { address } of results.flatMap((result) => result.nodes).slice(0, nodes)) {
    print(`Reserving node.. Reserved with IP: ${address}`);
  }
  if (plan.idle > 0) say(`${plan.idle} nodes more are reserved than are used: OAR cannot make a job smaller`);
}

async function list({ settings, base }: Reservation): Promise<void> {
  const jobs = (await open(settings).jobs(base)).filter(({ name }) => slotOf(base, name) !== undefined);
  for (const job of jobs) {
    const left = remainingSec(job);
    const time = left === undefined ? job.message : `${formatWalltime(left)} left`;
    print(
      [job.id, job.name, isEnding(job) ? tellEnd(job) : job.state, job.addresses.join(","), time].join("  "),
    );
  }
  if (jobs.length === 0) say(`no job is named ${base}-…`);
}

async function extendAll({ settings, base }: Reservation, bySec: number): Promise<void> {
  const door = open(settings);
  const jobs = (await door.jobs(base)).filter(
    (job) => slotOf(base, job.name) !== undefined && !isEnding(job),
  );
  if (jobs.length === 0) throw new OarError("not-found", `no job is named ${base}-…`);
  for (const job of jobs) await extend(door, job.id, bySec, watch);
}

async function deleteAll({ settings, base }: Reservation): Promise<void> {
  const ids = await release(open(settings), base, watch);
  say(ids.length === 0 ? `no job is named ${base}-…: nothing to delete` : `deleted: job ${ids.join(", ")}`);
}

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2));
  if (args.mode === "help") return print(HELP);
  watch.signal = stopOnSignal();
  if (args.fromUp) return fromUp(args);
  const reservation = readScenario(args.stack ?? "");
  if (args.mode === "list") return list(reservation);
  if (args.mode === "extend") return extendAll(reservation, args.extendSec);
  if (args.mode === "delete") return deleteAll(reservation);
  return reserveAll(reservation);
}

main().catch((error: Error) => {
  const known = error instanceof Failure || error instanceof OarError;
  say(`error: ${known ? error.message : (error.stack ?? error.message)}`);
  process.exitCode =
    error instanceof Failure ? error.code : hasCode(error, "interrupted") ? EXIT.interrupted : EXIT.failed;
});
