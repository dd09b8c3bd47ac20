import * as pulumi from "@pulumi/pulumi";
import type { NodeSettings } from "../../config/nodes.ts";
import type { Settings } from "../../config/settings.ts";
import type { OarSite } from "../../config/testbed/oar.ts";
import type { OarTestbedSettings } from "../../config/testbed/testbed.ts";
import { runLength } from "../../contract/runLength.ts";
import { ask } from "../../lib/exec.ts";
import type { Door } from "../../testbeds/oar/door.ts";
import { OarError } from "../../testbeds/oar/errors.ts";
import { hostKeysOf } from "../../testbeds/oar/hostKeys.ts";
import { isEnding, type Job } from "../../testbeds/oar/job.ts";
import { keptKeys, type ReservedMachine } from "../../testbeds/oar/keptKeys.ts";
import { type StackSite, saidOf, stackSite } from "../../testbeds/oar/names.ts";
import { frontendWay, openDoor } from "../../testbeds/oar/open.ts";
import { displaced, places } from "../../testbeds/oar/places.ts";
import { planSlots, type SlotPlan } from "../../testbeds/oar/plan.ts";
import { throughFrontend } from "../../testbeds/oar/sshDoor.ts";
import { missingWarning } from "../../testbeds/oar/walltime.ts";
import type { Installation } from "../lib/installation.ts";
import { whenKnown } from "../lib/known.ts";
import type { Owner } from "../lib/ownership.ts";
import { openMachines } from "./kind.ts";
import { machinesBefore, refusePlaces } from "./machines/former.ts";
import type { Host } from "./machines/host.ts";
import { type Candidates, sshDirectory } from "./machines/open.ts";
import { Reservation } from "./reservation.ts";

export interface OarArgs {
  settings: Settings;
  testbed: OarTestbedSettings;
  installation: Installation;
  owner: Owner;
}

/** One of the sites, as its OAR has it when the program begins. */
interface OpenSite extends StackSite {
  door: Door;
  plan: SlotPlan;
  jobs: readonly Job[];
  /** Arguments of ssh up to and with the frontend. */
  frontend: string[];
}

interface Machine extends ReservedMachine {
  address: string;
  at: OpenSite;
}

/**
 * Declares a reservation at each site, waits until all run, and gives their machines. In a preview of what is not reserved yet
 * there are none: then they are imagined, so that it shows what will be made all the same.
 *
 * @throws pulumi.RunError where OAR cannot be asked, machines would change places, or do not show their host keys
 */
export async function oarHosts({ settings, testbed, installation, owner }: OarArgs): Promise<Candidates> {
  const open = await Promise.all(testbed.sites.map((site) => openSite(site, owner, installation)));
  if (open.some(({ plan }) => plan.slots.every(({ job }) => job === undefined))) {
    await warnOfWalltime(settings, testbed);
  }
  // All before any is waited for: they stand in their queues at the same time.
  const declared = open.map((site) => ({ site, reservation: reservationAt(site) }));
  const machines = await Promise.all(declared.map(({ site, reservation }) => machinesOf(site, reservation)));
  const folder = sshDirectory(installation, settings.prefix);
  const hosts = await hostsOf(machines.flat(), open, folder, settings, testbed);
  const after = declared.flatMap(({ reservation: { lifetime, jobs } }) => [lifetime, ...jobs]);
  return { common: testbed.common, after, reserved: true, hosts };
}

async function openSite(site: OarSite, owner: Owner, installation: Installation): Promise<OpenSite> {
  const ours = stackSite(site, owner);
  const door = openDoor(site.settings, installation.directory);
  const frontend = frontendWay(site.settings, installation.directory);
  return { ...ours, door, frontend, ...(await planned(ours, door)) };
}

function reservationAt({ name, settings, base, plan, nodes }: OpenSite): Reservation {
  return new Reservation(name === "" ? "reservation" : `reservation-${name}`, {
    settings,
    base,
    plan,
    nodes,
  });
}

/** As many as are to be nodes; undefined where it is not known which. */
async function machinesOf(site: OpenSite, reservation: Reservation): Promise<(Machine | undefined)[]> {
  const known = (await whenKnown(reservation.nodes)) ?? (await runningMachines(site));
  const { name, settings } = site;
  return Array.from(
    { length: site.nodes },
    (_, index) =>
      known[index] && { ...known[index], site: name, environment: settings.environment, at: site },
  );
}

async function hostsOf(
  machines: (Machine | undefined)[],
  open: readonly OpenSite[],
  folder: string,
  { nodes }: Settings,
  testbed: OarTestbedSettings,
): Promise<Host[]> {
  const known = machines.filter((machine) => machine !== undefined);
  if (known.length < machines.length) {
    await pulumi.log.info(
      "which machines they are is known once they are reserved: until then they are imagined",
    );
  }
  const names = nodes.map(({ name }) => name);
  const before = machinesBefore(folder);
  const placed = places(names, machines, before);
  refusePlaces(
    displaced(names, placed, before, new Set(open.flatMap(({ jobs }) => jobs.flatMap(livesOn)))),
    "Take nodes off the last site, or off the one that got some last; or run pulumi destroy first",
  );
  refuseTwins(known);
  const keys = await keptKeys(folder, known, (its) => {
    const [{ at }] = its;
    const progress = (text: string) => void pulumi.log.info(saidOf(at, text));
    return oarFailure(at, () =>
      hostKeysOf(
        at.frontend,
        its.map(({ name }) => name),
        ask,
        progress,
      ),
    );
  });
  return nodes.map((node, index) => {
    const machine = placed[index];
    return machine ? hostOf(node, machine, testbed, keys.get(machine) ?? []) : imaginedHost(node, testbed);
  });
}

const livesOn = (job: Job) => (isEnding(job) ? [] : job.addresses);

/** Their names are all that tells them apart, for ssh and for the swarm. */
function refuseTwins(machines: readonly Machine[]): void {
  const twice = machines.filter(
    ({ name }, index) => machines.findIndex((each) => each.name === name) < index,
  );
  if (twice.length === 0) return;
  throw new pulumi.RunError(
    `Two sites gave machines of one name (${twice.map(({ name }) => name).join(", ")}): the same machines, or such as cannot be told apart`,
  );
}

/** In a preview: those of the jobs that run already. */
async function runningMachines(site: OpenSite): Promise<{ job: number; name: string; address: string }[]> {
  const { door, plan, jobs } = site;
  const running = plan.slots.map(({ job }) => jobs.find(({ id }) => id === job));
  const unknown = running.findIndex((job) => !job || job.addresses.length === 0);
  const known = running.slice(0, unknown < 0 ? running.length : unknown).flatMap((job) => job ?? []);
  const addresses = await oarFailure(site, () => door.resolve(known.flatMap((job) => job.addresses)));
  return known.flatMap(({ id, addresses: names }) =>
    names.map((name) => ({ job: id, name, address: addresses.get(name) ?? name })),
  );
}

function hostOf(
  node: NodeSettings,
  { name, address, at: { settings, frontend } }: Machine,
  { nodeUser, dataNetwork }: OarTestbedSettings,
  hostKeys: string[],
): Host {
  const { key } = settings;
  return {
    node,
    address: name,
    way: {
      by: "ours",
      port: 22,
      user: nodeUser,
      acceptNewHostKeys: false,
      hostKeys,
      proxyCommand: throughFrontend(frontend),
      key: key || undefined,
    },
    ...(dataNetwork ? { dataNetwork } : { dataAddress: address }),
  };
}

async function planned(site: StackSite, door: Door) {
  const { base } = site;
  const jobs = await oarFailure(site, () => door.jobs(base));
  const plan = planSlots(base, jobs, site.nodes);
  if (plan.idle > 0) {
    await pulumi.log.info(
      saidOf(site, `${plan.idle} nodes more are reserved than are used: OAR cannot make a job smaller`),
    );
  }
  for (const id of plan.release) {
    // Those that Pulumi knows it gives back itself; another a crash has left.
    await pulumi.log.info(
      saidOf(
        site,
        `job ${id} is not needed any more; if it is still there afterwards: npm run reserve -- -s ${pulumi.getStack()} gives it back`,
      ),
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

async function oarFailure<T>(site: Pick<OarSite, "name">, doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    throw error instanceof OarError ? new pulumi.RunError(saidOf(site, error.message)) : error;
  }
}

function imaginedHost(node: NodeSettings, { nodeUser }: OarTestbedSettings): Host {
  return {
    node,
    address: `${node.name}.invalid`,
    imagined: true,
    way: { by: "ours", port: 22, user: nodeUser, acceptNewHostKeys: false },
  };
}

/** Opens a testbed of machines that OAR reserves. */
export const open = openMachines<OarTestbedSettings>(oarHosts);
