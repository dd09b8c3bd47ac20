import * as pulumi from "@pulumi/pulumi";
import type { NodeSettings } from "../../config/nodes.ts";
import type { Settings } from "../../config/settings.ts";
import type { OarTestbedSettings } from "../../config/testbed/index.ts";
import type { OarSite } from "../../config/testbed/oar.ts";
import { SwarmbenchError } from "../../contract/errors.ts";
import { runLength } from "../../contract/runLength.ts";
import { ask } from "../../lib/exec.ts";
import { missingWarning } from "../../testbeds/index.ts";
import {
  assignHosts,
  cachedHostKeys,
  displacedNodes,
  frontendArguments,
  hostKeysOf,
  isEnding,
  type Job,
  type OarClient,
  openClient,
  planSlots,
  type ReservedMachine,
  type SlotPlan,
  type StackSite,
  stackSite,
  throughFrontend,
  withSite,
} from "../../testbeds/oar/index.ts";
import type { Installation } from "../lib/installation.ts";
import { whenKnown } from "../lib/known.ts";
import type { Owner } from "../lib/ownership.ts";
import { openMachines } from "./kind.ts";
import type { Host } from "./machines/host.ts";
import { type Candidates, sshDirectory } from "./machines/open.ts";
import { previousHosts, refuseHostChanges } from "./machines/previousHosts.ts";
import { Reservation } from "./reservation.ts";

interface OarArgs {
  settings: Settings;
  testbed: OarTestbedSettings;
  installation: Installation;
  owner: Owner;
}

/** A site with its jobs at program start. */
interface OpenSite extends StackSite {
  client: OarClient;
  plan: SlotPlan;
  jobs: readonly Job[];
  /** Arguments of ssh, up to and including the frontend. */
  frontend: string[];
}

interface Machine extends ReservedMachine {
  address: string;
  openSite: OpenSite;
}

/**
 * Declares a reservation at each site, waits until all run, and returns their machines. A preview before the reservation uses
 * placeholder machines.
 *
 * @throws pulumi.RunError if a request to OAR fails or a machine offers no host key
 * @throws SwarmbenchError `testbed-failed` if nodes would move to other machines
 */
async function oarHosts({ settings, testbed, installation, owner }: OarArgs): Promise<Candidates> {
  const open = await Promise.all(testbed.sites.map((site) => openSite(site, owner, installation)));
  if (open.some(({ plan }) => plan.slots.every(({ job }) => job === undefined))) {
    await warnOfWalltime(settings, testbed);
  }
  // Declare all reservations before waiting for the first, so that their jobs queue at the same time.
  const declared = open.map((site) => ({ site, reservation: reservationAt(site) }));
  const machines = await Promise.all(declared.map(({ site, reservation }) => machinesOf(site, reservation)));
  const folder = sshDirectory(installation, settings.prefix);
  const hosts = await hostsOf(machines.flat(), open, folder, settings, testbed);
  const after = declared.flatMap(({ reservation: { lifetime, jobs } }) => [lifetime, ...jobs]);
  return { common: testbed.common, after, reserved: true, hosts };
}

async function openSite(site: OarSite, owner: Owner, installation: Installation): Promise<OpenSite> {
  const named = stackSite(site, owner);
  const client = openClient(site.settings, installation.directory);
  const frontend = frontendArguments(site.settings, installation.directory);
  const { plan, jobs } = await planJobs(named, client);
  return { ...named, client, frontend, plan, jobs };
}

function reservationAt({ name, settings, base, plan, nodes }: OpenSite): Reservation {
  return new Reservation(name === "" ? "reservation" : `reservation-${name}`, {
    settings,
    base,
    plan,
    nodes,
  });
}

/** The machine of each node of a site, or undefined if it is not known yet. */
async function machinesOf(site: OpenSite, reservation: Reservation): Promise<(Machine | undefined)[]> {
  const reserved = (await whenKnown(reservation.nodes)) ?? (await runningMachines(site));
  const { name, settings } = site;
  return Array.from(
    { length: site.nodes },
    (_, index) =>
      reserved[index] && {
        ...reserved[index],
        site: name,
        environment: settings.environment,
        openSite: site,
      },
  );
}

async function hostsOf(
  machines: (Machine | undefined)[],
  open: readonly OpenSite[],
  folder: string,
  { nodes }: Settings,
  testbed: OarTestbedSettings,
): Promise<Host[]> {
  const reserved = machines.filter((machine) => machine !== undefined);
  if (reserved.length < machines.length) {
    await pulumi.log.info("the machines are not reserved yet: this preview shows placeholders");
  }
  const names = nodes.map(({ name }) => name);
  const previous = previousHosts(folder);
  const assigned = assignHosts(names, machines, previous);
  const stillReserved = new Set(open.flatMap(({ jobs }) => jobs.flatMap(reservedNodes)));
  refuseHostChanges(
    displacedNodes(names, assigned, previous, stillReserved),
    "Remove nodes only from the last site, or from the site to which nodes were added last; or run pulumi destroy first.",
  );
  refuseDuplicateNames(reserved);
  const keys = await cachedHostKeys(folder, reserved, (group) => {
    const [{ openSite: site }] = group;
    const progress = (text: string) => void pulumi.log.info(withSite(site, text));
    const machineNames = group.map(({ name }) => name);
    return asRunError(site, () => hostKeysOf(site.frontend, machineNames, ask, progress));
  });
  return nodes.map((node, index) => {
    const machine = assigned[index];
    return machine ? hostOf(node, machine, testbed, keys.get(machine) ?? []) : placeholderHost(node, testbed);
  });
}

const reservedNodes = (job: Job) => (isEnding(job) ? [] : job.addresses);

/** ssh and the swarm identify machines by their names only. */
function refuseDuplicateNames(machines: readonly Machine[]): void {
  const duplicates = machines.filter(
    ({ name }, index) => machines.findIndex((each) => each.name === name) < index,
  );
  if (duplicates.length === 0) return;
  const names = duplicates.map(({ name }) => name).join(", ");
  throw new SwarmbenchError("testbed-failed", `Two sites reserved machines of the same name: ${names}.`, {
    hint: "Each machine needs a name of its own. Check that the entries of testbed.sites are different sites.",
  });
}

/** The machines of the jobs that are already running, for a preview. */
async function runningMachines(site: OpenSite): Promise<{ job: number; name: string; address: string }[]> {
  const { client, plan, jobs } = site;
  const running = plan.slots.map(({ job }) => jobs.find(({ id }) => id === job));
  const unknown = running.findIndex((job) => !job || job.addresses.length === 0);
  const assigned = running.slice(0, unknown < 0 ? running.length : unknown).flatMap((job) => job ?? []);
  const names = assigned.flatMap((job) => job.addresses);
  const addresses = await asRunError(site, () => client.resolve(names));
  return assigned.flatMap(({ id, addresses: hosts }) =>
    hosts.map((name) => ({ job: id, name, address: addresses.get(name) ?? name })),
  );
}

function hostOf(
  node: NodeSettings,
  { name, address, openSite: { settings, frontend } }: Machine,
  { nodeUser, dataNetwork }: OarTestbedSettings,
  hostKeys: string[],
): Host {
  const { key } = settings;
  return {
    node,
    address: name,
    access: {
      by: "settings",
      port: 22,
      user: nodeUser,
      acceptNewHostKeys: false,
      hostKeys,
      proxyCommand: throughFrontend(frontend),
      key,
    },
    dataNetwork,
    dataAddress: dataNetwork ? undefined : address,
  };
}

async function planJobs(site: StackSite, client: OarClient) {
  const { base } = site;
  const jobs = await asRunError(site, () => client.jobs(base));
  const plan = planSlots(base, jobs, site.nodes);
  if (plan.idle > 0) {
    await pulumi.log.info(
      withSite(site, `${plan.idle} reserved nodes are not used, because OAR cannot shrink a job`),
    );
  }
  for (const id of plan.release) {
    // Pulumi deletes the jobs that it recorded. Others are left over from a crash.
    await pulumi.log.info(
      withSite(
        site,
        `job ${id} is no longer needed; if it still exists after this command, delete it: npm run reserve -- -s ${pulumi.getStack()}`,
      ),
    );
  }
  return { plan, jobs };
}

/** Warns before jobs are queued. For running jobs the benchmark itself warns, and it can extend them. */
async function warnOfWalltime({ bench, nodes }: Settings, { sites }: OarTestbedSettings): Promise<void> {
  if (!bench?.benchmark.run) return;
  const warning = missingWarning(sites[0].settings.walltimeSec, runLength(bench.benchmark, nodes.length));
  if (warning) await pulumi.log.warn(`testbed.walltime is too short: ${warning}`);
}

async function asRunError<T>(site: Pick<OarSite, "name">, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    throw error instanceof SwarmbenchError ? new pulumi.RunError(withSite(site, error.text)) : error;
  }
}

function placeholderHost(node: NodeSettings, { nodeUser }: OarTestbedSettings): Host {
  return {
    node,
    address: `${node.name}.invalid`,
    isPlaceholder: true,
    access: { by: "settings", port: 22, user: nodeUser, acceptNewHostKeys: false },
  };
}

/** Opens a testbed of machines reserved with OAR. */
export const open = openMachines<OarTestbedSettings>(oarHosts);
