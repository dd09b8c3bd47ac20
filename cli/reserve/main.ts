// Reserves the nodes of a scenario through OAR: on the command line (npm run reserve), or as a resource of `pulumi up`.
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import type { z } from "zod";
import type { OarSettings } from "../../config/testbed/oar.ts";
import { describeError, EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { plainMessage } from "../../contract/plainMessage.ts";
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
import { readSites } from "./scenario.ts";

/** Prints progress. It goes to standard error, because standard output is for the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The exit code of the first site that failed, if there are others. */
let exitCode: number | undefined;

const watch = realWatch(say);

const open = (settings: OarSettings): OarClient => openClient(settings, installationDirectory());

/** Works for `pulumi up` and `pulumi destroy`; the request is that of the last `up`. */
async function fromUp({ mode }: Arguments): Promise<void> {
  const document = await standardInput();
  const slot = slotRequest.safeParse(document);
  if (mode === "delete") {
    const { settings, base } = checked(stackRequest, document);
    await release(open(settings), base, watch, slot.success ? { slots: [slot.data.slot] } : {});
    return;
  }
  const request = checked(slotRequest, document);
  print(JSON.stringify(await fillSlot(open(request.settings), request, watch)));
}

async function standardInput(): Promise<unknown> {
  try {
    return JSON.parse(await text(process.stdin));
  } catch {
    throw new SwarmbenchError("usage", "the request on standard input is not JSON");
  }
}

function checked<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  const { data, error } = schema.safeParse(document, { error: plainMessage });
  if (!error) return data;
  const errors = error.issues.map(({ path, message }) => `${path.join(".") || "request"}: ${message}`);
  throw new SwarmbenchError("usage", `the request on standard input is wrong: ${errors.join("; ")}`);
}

/** An OAR site with its client; its messages name the site if there are several. */
type OpenSite = StackSite & { client: OarClient; say: (line: string) => void; watch: Watch };

/**
 * Runs `work` for all sites at the same time, because each has its own queue. A failure at one site does not stop the others.
 *
 * @returns the results in the order of the sites; undefined for a site that failed. Errors are reported once all have ended
 */
async function forEachSite<T>(
  sites: readonly StackSite[],
  work: (site: OpenSite) => Promise<T>,
): Promise<(T | undefined)[]> {
  const opened = sites.map((site): OpenSite => {
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
  const addresses = await forEachSite(sites, async ({ client, settings, base, nodes, say, watch }) => {
    const plan = planSlots(base, await client.jobs(base), nodes);
    const results = await Promise.all(
      plan.slots.map((slot) => fillSlot(client, { settings, base, ...slot }, watch)),
    );
    for (const id of plan.release) {
      await releaseJob(client, id, watch);
      say(`job ${id} is no longer needed and was deleted`);
    }
    if (plan.idle > 0) {
      say(`${plan.idle} more nodes are reserved than are used, because OAR cannot make a job smaller`);
    }
    return results.flatMap((result) => result.nodes).slice(0, nodes);
  });
  for (const each of addresses.flat()) {
    if (each) print(`Reserving node.. Reserved with IP: ${each.address}`);
  }
}

async function list(sites: readonly StackSite[]): Promise<void> {
  await forEachSite(sites, async (site) => {
    const jobs = await jobsOf(site.client, site.base);
    for (const job of jobs) {
      const left = remainingSec(job);
      const time = left === undefined ? job.message : `${formatWalltime(left)} left`;
      const state = isEnding(job) ? describeEnd(job) : job.state;
      print([job.id, job.name, state, job.addresses.join(","), time, site.name].filter(Boolean).join("  "));
    }
    if (jobs.length === 0) site.say(`no job is named ${site.base}-…: nothing is reserved`);
  });
}

async function extendAll(sites: readonly StackSite[], bySec: number): Promise<void> {
  await forEachSite(sites, async ({ client, base, watch }) => {
    const jobs = (await jobsOf(client, base)).filter((job) => !isEnding(job));
    if (jobs.length === 0) throw oarError("oar-not-found", `no job is named ${base}-…`);
    for (const job of jobs) await extend(client, job.id, bySec, watch);
  });
}

async function deleteAll(sites: readonly StackSite[]): Promise<void> {
  await forEachSite(sites, async ({ client, base, say, watch }) => {
    const ids = await release(client, base, watch);
    say(ids.length === 0 ? `no job is named ${base}-…: nothing to delete` : `deleted: job ${ids.join(", ")}`);
  });
}

/** Reserves, lists, extends or deletes jobs. @returns the exit code if a site failed and others did not */
export async function run(command: Command): Promise<number | undefined> {
  const args = readArguments(command);
  watch.signal = abortOnSignal(() =>
    say("stopping; press Ctrl-C again to stop at once and leave waiting jobs as they are"),
  );
  await carryOut(args);
  return exitCode;
}

async function carryOut(args: Arguments): Promise<void> {
  if (args.fromUp) return fromUp(args);
  const sites = readSites(args.stack ?? "");
  if (args.mode === "list") return list(sites);
  if (args.mode === "extend") return extendAll(sites, args.extendSec);
  if (args.mode === "delete") return deleteAll(sites);
  return reserveAll(sites);
}

function exitCodeFor(error: Error): number {
  return error instanceof SwarmbenchError ? error.exitCode : EXIT.failed;
}
