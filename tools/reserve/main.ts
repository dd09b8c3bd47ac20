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
import { type OarSettings, type OarSite, siteName } from "../../components/testbed/oar/settings";
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

/** At all sites at once: each has its queue. @returns what each gave, in the sites' order */
function atEach<T>(
  { sites, base }: Reservation,
  work: (at: OarSite & { base: string; door: Door; say: (line: string) => void }) => Promise<T>,
): Promise<T[]> {
  return Promise.all(
    sites.map((site) => {
      const prefix = sites.length > 1 ? `${siteName(site.settings)}: ` : "";
      return work({ ...site, base, door: open(site.settings), say: (line) => say(prefix + line) });
    }),
  );
}

async function reserveAll(reservation: Reservation): Promise<void> {
  const addresses = await atEach(reservation, async ({ door, settings, base, nodes, say }) => {
    const watched = { ...watch, progress: say };
    const plan = planSlots(base, await door.jobs(base), nodes);
    const results = await Promise.all(
      plan.slots.map((slot) => fillSlot(door, { settings, base, ...slot }, watched)),
    );
    for (const id of plan.release) {
      await releaseJob(door, id, watched);
      say(`job ${id} is not needed any more, and was deleted`);
    }
    if (plan.idle > 0)
      say(`${plan.idle} nodes more are reserved than are used: OAR cannot make a job smaller`);
    return results.flatMap((result) => result.nodes).slice(0, nodes);
  });
  for (const { address } of addresses.flat()) print(`Reserving node.. Reserved with IP: ${address}`);
}

async function list(reservation: Reservation): Promise<void> {
  const lines = await atEach(reservation, async ({ door, base, settings }) => {
    const jobs = (await door.jobs(base)).filter(({ name }) => slotOf(base, name) !== undefined);
    const where = reservation.sites.length > 1 ? [siteName(settings)] : [];
    return jobs.map((job) => {
      const left = remainingSec(job);
      const time = left === undefined ? job.message : `${formatWalltime(left)} left`;
      const state = isEnding(job) ? tellEnd(job) : job.state;
      return [job.id, job.name, state, job.addresses.join(","), time, ...where].join("  ");
    });
  });
  for (const line of lines.flat()) print(line);
  if (lines.flat().length === 0) say(`no job is named ${reservation.base}-…`);
}

async function extendAll(reservation: Reservation, bySec: number): Promise<void> {
  const jobs = await atEach(reservation, async ({ door, base, say }) => {
    const running = (await door.jobs(base)).filter(
      (job) => slotOf(base, job.name) !== undefined && !isEnding(job),
    );
    for (const job of running) await extend(door, job.id, bySec, { ...watch, progress: say });
    return running;
  });
  if (jobs.flat().length === 0) throw new OarError("not-found", `no job is named ${reservation.base}-…`);
}

async function deleteAll(reservation: Reservation): Promise<void> {
  await atEach(reservation, async ({ door, base, say }) => {
    const ids = await release(door, base, { ...watch, progress: say });
    say(ids.length === 0 ? `no job is named ${base}-…: nothing to delete` : `deleted: job ${ids.join(", ")}`);
  });
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
