// Reserves the nodes of a scenario through OAR: by hand (npm run reserve), or as a resource of `pulumi up`.
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { OarSettings } from "../../config/testbed/oar.ts";
import { describeError, EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { installationDirectory } from "../../lib/stackName.ts";
import {
  describeEnd,
  extend,
  fillSlot,
  formatWalltime,
  isEnding,
  jobsOf,
  type OarClient,
  oarError,
  openClient,
  planSlots,
  realWatch,
  release,
  releaseJob,
  remainingSec,
  type StackSite,
  slotRequest,
  stackRequest,
  type Watch,
  withSite,
} from "../../testbeds/oar/index.ts";
import { abortOnSignal } from "../lib/signals.ts";
import { type Arguments, readArguments } from "./arguments.ts";
import { readScenario } from "./scenario.ts";

/** Standard output is for the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Of the first site that failed, where the others went on. */
let exitCode: number | undefined;

const watch = realWatch(say);

const open = (settings: OarSettings): OarClient => openClient(settings, installationDirectory());

/** Runs for `pulumi up` and `pulumi destroy`; the request is that of the last `up`. */
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

/** An OAR site with its client; what it prints names the site if there are several. */
type At = StackSite & { client: OarClient; say: (line: string) => void; watch: Watch };

/**
 * Does something at all sites at once, because each has its own queue. A failure at one site does not stop the others.
 *
 * @returns the result of each site, in their order; undefined if it failed, which is reported once all have ended
 */
async function atEach<T>(
  sites: readonly StackSite[],
  work: (at: At) => Promise<T>,
): Promise<(T | undefined)[]> {
  const opened = sites.map((site): At => {
    const report = (line: string) => say(withSite(site, line));
    return { ...site, client: open(site.settings), say: report, watch: { ...watch, progress: report } };
  });
  const ended = await Promise.allSettled(opened.map(work));
  const errors = ended.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
  const [first] = errors;
  if (first && sites.length === 1) throw first;
  for (const [index, each] of ended.entries()) {
    if (each.status === "rejected") opened[index]?.say(`error: ${describeError(each.reason)}`);
  }
  exitCode = first && exitCodeFor(first);
  return ended.map((each) => (each.status === "fulfilled" ? each.value : undefined));
}

async function reserveAll(sites: readonly StackSite[]): Promise<void> {
  const addresses = await atEach(sites, async ({ client, settings, base, nodes, say, watch }) => {
    const plan = planSlots(base, await client.jobs(base), nodes);
    const results = await Promise.all(
      plan.slots.map((slot) => fillSlot(client, { settings, base, ...slot }, watch)),
    );
    for (const id of plan.release) {
      await releaseJob(client, id, watch);
      say(`job ${id} is not needed any more, and was deleted`);
    }
    if (plan.idle > 0)
      say(`${plan.idle} nodes more are reserved than are used: OAR cannot make a job smaller`);
    return results.flatMap((result) => result.nodes).slice(0, nodes);
  });
  for (const each of addresses.flat()) {
    if (each) print(`Reserving node.. Reserved with IP: ${each.address}`);
  }
}

async function list(sites: readonly StackSite[]): Promise<void> {
  await atEach(sites, async (at) => {
    const jobs = await jobsOf(at.client, at.base);
    for (const job of jobs) {
      const left = remainingSec(job);
      const time = left === undefined ? job.message : `${formatWalltime(left)} left`;
      const state = isEnding(job) ? describeEnd(job) : job.state;
      print([job.id, job.name, state, job.addresses.join(","), time, at.name].filter(Boolean).join("  "));
    }
    if (jobs.length === 0) at.say(`no job is named ${at.base}-…`);
  });
}

async function extendAll(sites: readonly StackSite[], bySec: number): Promise<void> {
  await atEach(sites, async (at) => {
    const jobs = (await jobsOf(at.client, at.base)).filter((job) => !isEnding(job));
    if (jobs.length === 0) throw oarError("oar-not-found", `no job is named ${at.base}-…`);
    for (const job of jobs) await extend(at.client, job.id, bySec, at.watch);
  });
}

async function deleteAll(sites: readonly StackSite[]): Promise<void> {
  await atEach(sites, async ({ client, base, say, watch }) => {
    const ids = await release(client, base, watch);
    say(ids.length === 0 ? `no job is named ${base}-…: nothing to delete` : `deleted: job ${ids.join(", ")}`);
  });
}

/** Reserves, lists, lengthens or deletes jobs. @returns the exit code where something failed and the rest went on */
export async function run(command: Command): Promise<number | undefined> {
  const args = readArguments(command);
  watch.signal = abortOnSignal(() => say("stopping; once more: at once, and what waits stays"));
  await carryOut(args);
  return exitCode;
}

async function carryOut(args: Arguments): Promise<void> {
  if (args.fromUp) return fromUp(args);
  const sites = readScenario(args.stack ?? "");
  if (args.mode === "list") return list(sites);
  if (args.mode === "extend") return extendAll(sites, args.extendSec);
  if (args.mode === "delete") return deleteAll(sites);
  return reserveAll(sites);
}

function exitCodeFor(error: Error): number {
  return error instanceof SwarmbenchError ? error.exitCode : EXIT.failed;
}
