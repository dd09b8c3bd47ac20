import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { runLength } from "../../contract/runLength";
import type { Installation } from "../installation";
import { ask } from "../lib/exec";
import { readKept } from "../lib/kept";
import { whenKnown } from "../lib/known";
import type { Owner } from "../lib/ownership";
import type { NodeSettings } from "../nodeSettings";
import type { Settings } from "../settings";
import type { Host } from "./hosts/host";
import { type Candidates, sshDirectory } from "./hosts/open";
import type { Door } from "./oar/door";
import { OarError } from "./oar/errors";
import { hostKeysOf } from "./oar/hostKeys";
import type { Job } from "./oar/job";
import { baseOf } from "./oar/names";
import { frontendWay, openDoor } from "./oar/open";
import { planSlots, type SlotPlan } from "./oar/plan";
import { Reservation } from "./oar/reservation";
import { type OarSite, siteName } from "./oar/settings";
import { throughFrontend } from "./oar/sshDoor";
import { missingWarning } from "./oar/walltime";
import type { OarTestbedSettings } from "./settings";

export interface OarArgs {
  settings: Settings;
  testbed: OarTestbedSettings;
  installation: Installation;
  owner: Owner;
}

/** One of the sites, as its OAR has it when the program begins. */
interface OpenSite extends OarSite {
  name: string;
  door: Door;
  plan: SlotPlan;
  jobs: readonly Job[];
  /** Arguments of ssh up to and with the frontend. */
  frontend: string[];
}

/**
 * Declares a reservation at each site, waits until all run, and gives their machines. In a preview of what is not reserved yet
 * there are none: then they are imagined, so that it shows what will be made all the same.
 *
 * @throws pulumi.RunError where OAR cannot be asked, or the machines do not show their host keys
 */
export async function oarHosts({ settings, testbed, installation, owner }: OarArgs): Promise<Candidates> {
  const { sites, common } = testbed;
  const base = baseOf(sites[0].settings, owner);
  const open = await Promise.all(sites.map((site) => openSite(site, base, installation)));
  if (open.every(({ plan }) => plan.slots.every(({ job }) => job === undefined))) {
    await warnOfWalltime(settings, testbed);
  }
  // All before any is waited for: they stand in their queues at the same time.
  const reservations = open.map(
    ({ name, settings: oar, plan, nodes }) =>
      new Reservation(`reservation-${name}`, { settings: oar, base, plan, nodes }),
  );
  const machines = await Promise.all(
    reservations.map((reservation, index) => machinesOf(open[index] as OpenSite, reservation)),
  );
  if (machines.flat().includes(undefined)) {
    await pulumi.log.info(
      "which machines they are is known once they are reserved: until then they are imagined",
    );
  }
  const folder = sshDirectory(installation, settings.prefix);
  const keys = await oarFailure(() => keptKeys(folder, machines.flat().filter(isMachine)));
  const hosts = machines.flat().flatMap((machine, index) => {
    const node = settings.nodes[index];
    if (!node) return []; // the settings' check has counted them
    return machine
      ? hostOf(node, machine, testbed, keys.get(keyOf(machine)) ?? [])
      : imaginedHost(node, testbed);
  });
  const after = reservations.flatMap(({ lifetime, jobs }) => [lifetime, ...jobs]);
  return { common, after, reserved: true, hosts };
}

async function openSite(site: OarSite, base: string, installation: Installation): Promise<OpenSite> {
  const door = openDoor(site.settings, installation.directory);
  const name = siteName(site.settings);
  const frontend = frontendWay(site.settings, installation.directory);
  return { ...site, name, door, frontend, ...(await planned(name, door, base, site.nodes)) };
}

/** As many as are to be nodes; undefined where it is not known which. */
async function machinesOf(site: OpenSite, reservation: Reservation): Promise<(Machine | undefined)[]> {
  const known = (await whenKnown(reservation.nodes)) ?? (await runningMachines(site));
  return Array.from({ length: site.nodes }, (_, index) => known[index] && { ...known[index], site });
}

/** In a preview: those of the jobs that run already. */
async function runningMachines({ door, plan, jobs }: OpenSite): Promise<Omit<Machine, "site">[]> {
  const running = plan.slots.map(({ job }) => jobs.find(({ id }) => id === job));
  const unknown = running.findIndex((job) => !job || job.addresses.length === 0);
  const known = running.slice(0, unknown < 0 ? running.length : unknown).flatMap((job) => job ?? []);
  const addresses = await oarFailure(() => door.resolve(known.flatMap((job) => job.addresses)));
  return known.flatMap(({ id, addresses: names }) =>
    names.map((name) => ({ job: id, name, address: addresses.get(name) ?? name })),
  );
}

function hostOf(
  node: NodeSettings,
  { name, address, site }: Machine,
  { nodeUser, dataNetwork }: OarTestbedSettings,
  hostKeys: string[],
): Host {
  const { key } = site.settings;
  return {
    ...{ node, address: name },
    way: {
      ...{ by: "ours", port: 22, user: nodeUser, acceptNewHostKeys: false, hostKeys },
      proxyCommand: throughFrontend(site.frontend),
      ...(key ? { key } : {}),
    },
    ...(dataNetwork ? { dataNetwork } : { dataAddress: address }),
  };
}

async function planned(site: string, door: Door, base: string, nodes: number) {
  const jobs = await oarFailure(() => door.jobs(base));
  const plan = planSlots(base, jobs, nodes);
  if (plan.idle > 0) {
    await pulumi.log.info(
      `${site}: ${plan.idle} nodes more are reserved than are used: OAR cannot make a job smaller`,
    );
  }
  for (const id of plan.release) {
    // Those that Pulumi knows it gives back itself; another a crash has left.
    await pulumi.log.info(
      `${site}: job ${id} is not needed any more; if it is still there afterwards: npm run reserve -- -s ${pulumi.getStack()} gives it back`,
    );
  }
  return { plan, jobs };
}

/** Before anything waits in a queue; of what runs already the benchmark says it, which may lengthen it. */
async function warnOfWalltime({ bench, nodes }: Settings, { sites }: OarTestbedSettings): Promise<void> {
  if (!bench?.benchmark.run) return;
  const warning = missingWarning(sites[0].settings.walltimeSec, runLength(bench.benchmark, nodes.length));
  if (warning) await pulumi.log.warn(`testbed.walltime is short: ${warning}`);
}

async function oarFailure<T>(doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    throw error instanceof OarError ? new pulumi.RunError(error.message) : error;
  }
}

function imaginedHost(node: NodeSettings, { nodeUser }: OarTestbedSettings): Host {
  return {
    ...{ node, address: `${node.name}.invalid`, imagined: true },
    way: { by: "ours", port: 22, user: nodeUser, acceptNewHostKeys: false },
  };
}

interface Machine {
  job: number;
  name: string;
  address: string;
  site: OpenSite;
}

const isMachine = (machine: Machine | undefined): machine is Machine => machine !== undefined;

const keyOf = ({ job, name, site }: Machine) => [job, name, site.settings.environment ?? ""].join(" ");

/**
 * Host keys that were shown once hold as long as the job does, with the system that was deployed in it: another job may have the
 * same machine with another system, and so with other keys.
 *
 * @returns by {@link keyOf}
 */
async function keptKeys(folder: string, machines: readonly Machine[]): Promise<Map<string, string[]>> {
  const file = path.join(folder, "reserved.json");
  const kept = readKept(file, (document) => new Map(document as [string, string[]][])) ?? new Map();
  const missing = machines.filter((machine) => !kept.has(keyOf(machine)));
  if (missing.length === 0) return kept;
  const scanned = [...new Set(missing.map(({ site }) => site))].map((site) => {
    const names = missing.filter((machine) => machine.site === site).map(({ name }) => name);
    return hostKeysOf(site.frontend, names, ask, (text) => void pulumi.log.info(`${site.name}: ${text}`));
  });
  const found = new Map((await Promise.all(scanned)).flatMap((each) => [...each]));
  const known = machines.flatMap((machine): [string, string[]][] => {
    const keys = kept.get(keyOf(machine)) ?? found.get(machine.name);
    return keys ? [[keyOf(machine), keys]] : [];
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(known), { mode: 0o600 });
  return new Map(known);
}
