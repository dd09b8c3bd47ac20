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
import { machinesBefore, refusePlaces } from "./machines/former.ts";
import type { Host } from "./machines/host.ts";
import { type Candidates, sshDirectory } from "./machines/open.ts";
import { Reservation } from "./reservation.ts";

/** What is needed to reserve the machines of a stack. */
export interface OarArgs {
  settings: Settings;
  testbed: OarTestbedSettings;
  installation: Installation;
  owner: Owner;
}

/** A site with its jobs at the start of the program. */
interface OpenSite extends StackSite {
  client: OarClient;
  plan: SlotPlan;
  jobs: readonly Job[];
  /** Arguments of ssh up to and including the frontend. */
  frontend: string[];
}

interface Machine extends ReservedMachine {
  address: string;
  openSite: OpenSite;
}

/**
 * Declares a reservation at each site, waits until all run, and returns their machines. A preview shows placeholders for
 * machines that are not reserved yet.
 *
 * @throws pulumi.RunError if OAR does not answer, nodes would become other machines, or machines show no host keys
 */
export async function oarHosts({ settings, testbed, installation, owner }: OarArgs): Promise<Candidates> {
  const open = await Promise.all(testbed.sites.map((site) => openSite(site, owner, installation)));
  if (open.some(({ plan }) => plan.slots.every(({ job }) => job === undefined))) {
    await warnOfWalltime(settings, testbed);
  }
  // Declare all before waiting for any, so that they queue at the same time.
  const declared = open.map((site) => ({ site, reservation: reservationAt(site) }));
  const machines = await Promise.all(declared.map(({ site, reservation }) => machinesOf(site, reservation)));
  const folder = sshDirectory(installation, settings.prefix);
  const hosts = await hostsOf(machines.flat(), open, folder, settings, testbed);
  const after = declared.flatMap(({ reservation: { lifetime, jobs } }) => [lifetime, ...jobs]);
  return { common: testbed.common, after, reserved: true, hosts };
}

async function openSite(site: OarSite, owner: Owner, installation: Installation): Promise<OpenSite> {
  const ours = stackSite(site, owner);
  const client = openClient(site.settings, installation.directory);
  const frontend = frontendArguments(site.settings, installation.directory);
  return { ...ours, client, frontend, ...(await planned(ours, client)) };
}

function reservationAt({ name, settings, base, plan, nodes }: OpenSite): Reservation {
  return new Reservation(name === "" ? "reservation" : `reservation-${name}`, {
    settings,
    base,
    plan,
    nodes,
  });
}

/** The machine of each node of a site; undefined if it is unknown yet. */
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
  const existing = machines.filter((machine) => machine !== undefined);
  if (existing.length < machines.length) {
    await pulumi.log.info("the machines are unknown until they are reserved: the preview shows placeholders");
  }
  const names = nodes.map(({ name }) => name);
  const previous = machinesBefore(folder);
  const assigned = assignHosts(names, machines, previous);
  const reserved = new Set(open.flatMap(({ jobs }) => jobs.flatMap(reservedNodes)));
  refusePlaces(
    displacedNodes(names, assigned, previous, reserved),
    "Remove nodes from the last site, or from the one that got nodes last; or run pulumi destroy first",
  );
  refuseTwins(existing);
  const keys = await cachedHostKeys(folder, existing, (group) => {
    const [{ openSite: site }] = group;
    const progress = (text: string) => void pulumi.log.info(withSite(site, text));
    const machineNames = group.map(({ name }) => name);
    return asRunError(site, () => hostKeysOf(site.frontend, machineNames, ask, progress));
  });
  return nodes.map((node, index) => {
    const machine = assigned[index];
    return machine ? hostOf(node, machine, testbed, keys.get(machine) ?? []) : imaginedHost(node, testbed);
  });
}

const reservedNodes = (job: Job) => (isEnding(job) ? [] : job.addresses);

/** ssh and the swarm identify machines by their names only. */
function refuseTwins(machines: readonly Machine[]): void {
  const twice = machines.filter(
    ({ name }, index) => machines.findIndex((each) => each.name === name) < index,
  );
  if (twice.length === 0) return;
  throw new pulumi.RunError(
    `Two sites reserved machines of the same name (${twice.map(({ name }) => name).join(", ")}), which cannot be distinguished. Reserve at one of the sites only`,
  );
}

/** The machines of the jobs that already run, for a preview. */
async function runningMachines(site: OpenSite): Promise<{ job: number; name: string; address: string }[]> {
  const { client, plan, jobs } = site;
  const running = plan.slots.map(({ job }) => jobs.find(({ id }) => id === job));
  const unknown = running.findIndex((job) => !job || job.addresses.length === 0);
  const leading = running.slice(0, unknown < 0 ? running.length : unknown).flatMap((job) => job ?? []);
  const addresses = await asRunError(site, () => client.resolve(leading.flatMap((job) => job.addresses)));
  return leading.flatMap(({ id, addresses: names }) =>
    names.map((name) => ({ job: id, name, address: addresses.get(name) ?? name })),
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
    way: {
      by: "ours",
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

async function planned(site: StackSite, client: OarClient) {
  const { base } = site;
  const jobs = await asRunError(site, () => client.jobs(base));
  const plan = planSlots(base, jobs, site.nodes);
  if (plan.idle > 0) {
    await pulumi.log.info(
      withSite(site, `${plan.idle} reserved nodes are not used: OAR cannot shrink a job`),
    );
  }
  for (const id of plan.release) {
    // Pulumi deletes the jobs that it knows; others were left by a crash.
    await pulumi.log.info(
      withSite(
        site,
        `job ${id} is no longer needed. If it still exists after this command: npm run reserve -- -s ${pulumi.getStack()} releases it`,
      ),
    );
  }
  return { plan, jobs };
}

/** Warns before a job is submitted. For running jobs, the benchmark warns; it may also extend them. */
async function warnOfWalltime({ bench, nodes }: Settings, { sites }: OarTestbedSettings): Promise<void> {
  if (!bench?.benchmark.run) return;
  const warning = missingWarning(sites[0].settings.walltimeSec, runLength(bench.benchmark, nodes.length));
  if (warning) await pulumi.log.warn(`testbed.walltime is too short: ${warning}`);
}

async function asRunError<T>(site: Pick<OarSite, "name">, doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (error) {
    throw error instanceof SwarmbenchError ? new pulumi.RunError(withSite(site, error.text)) : error;
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
