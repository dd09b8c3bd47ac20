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
import { throughFrontend } from "./oar/sshDoor";
import { missingWarning } from "./oar/walltime";
import type { OarTestbedSettings } from "./settings";

export interface OarArgs {
  settings: Settings;
  testbed: OarTestbedSettings;
  installation: Installation;
  owner: Owner;
}

/**
 * Declares the reservation, waits until it runs, and gives its machines. In a preview of what is not reserved yet there are
 * none: then they are imagined, so that it shows what will be made all the same.
 *
 * @throws pulumi.RunError where OAR cannot be asked, or the machines do not show their host keys
 */
export async function oarHosts({ settings, testbed, installation, owner }: OarArgs): Promise<Candidates> {
  const { oar, common } = testbed;
  const base = baseOf(oar, owner);
  const door = openDoor(oar, installation.directory);
  const { plan, jobs } = await planned(door, base, settings.nodes.length);
  if (plan.slots.every(({ job }) => job === undefined)) await warnOfWalltime(settings, testbed);
  const reservation = new Reservation("reservation", {
    ...{ settings: oar, base, plan, nodes: settings.nodes.length },
  });
  const reserved = (await whenKnown(reservation.nodes)) ?? (await runningMachines(door, plan, jobs));
  if (reserved.length < settings.nodes.length) {
    await pulumi.log.info(
      "which machines they are is known once they are reserved: until then they are imagined",
    );
  }
  const folder = sshDirectory(installation, settings.prefix);
  const frontend = frontendWay(oar, installation.directory);
  const keyFor = (machine: Machine) => [machine.job, machine.name, oar.environment ?? ""].join(" ");
  const keys = await oarFailure(() =>
    keptKeys(folder, reserved, keyFor, (names) =>
      hostKeysOf(frontend, names, ask, (text) => void pulumi.log.info(text)),
    ),
  );
  const hosts = settings.nodes.map((node, index) => {
    const machine = reserved[index];
    return machine
      ? hostOf(node, machine, testbed, { frontend, hostKeys: keys.get(keyFor(machine)) ?? [] })
      : imaginedHost(node, testbed);
  });
  return { common, after: [reservation.lifetime, ...reservation.jobs], reserved: true, hosts };
}

/** In a preview: those of the jobs that run already. */
async function runningMachines(door: Door, { slots }: SlotPlan, jobs: readonly Job[]): Promise<Machine[]> {
  const running = slots.map(({ job }) => jobs.find(({ id }) => id === job));
  const unknown = running.findIndex((job) => !job || job.addresses.length === 0);
  const known = running.slice(0, unknown < 0 ? running.length : unknown).flatMap((job) => job ?? []);
  const addresses = await oarFailure(() => door.resolve(known.flatMap((job) => job.addresses)));
  return known.flatMap(({ id, addresses: names }) =>
    names.map((name) => ({ job: id, name, address: addresses.get(name) ?? name })),
  );
}

function hostOf(
  node: NodeSettings,
  { name, address }: Machine,
  { oar, nodeUser, dataNetwork }: OarTestbedSettings,
  { frontend, hostKeys }: { frontend: readonly string[]; hostKeys: string[] },
): Host {
  return {
    ...{ node, address: name },
    way: {
      ...{ by: "ours", port: 22, user: nodeUser, acceptNewHostKeys: false, hostKeys },
      proxyCommand: throughFrontend(frontend),
      ...(oar.key ? { key: oar.key } : {}),
    },
    ...(dataNetwork ? { dataNetwork } : { dataAddress: address }),
  };
}

async function planned(door: Door, base: string, nodes: number) {
  const jobs = await oarFailure(() => door.jobs(base));
  const plan = planSlots(base, jobs, nodes);
  if (plan.idle > 0) {
    await pulumi.log.info(
      `${plan.idle} nodes more are reserved than are used: OAR cannot make a job smaller`,
    );
  }
  for (const id of plan.release) {
    // Those that Pulumi knows it gives back itself; another a crash has left.
    await pulumi.log.info(
      `job ${id} is not needed any more; if it is still there afterwards: npm run reserve -- -s ${pulumi.getStack()} gives it back`,
    );
  }
  return { plan, jobs };
}

/** Before anything waits in a queue; of what runs already the benchmark says it, which may lengthen it. */
async function warnOfWalltime({ bench, nodes }: Settings, { oar }: OarTestbedSettings): Promise<void> {
  if (!bench?.benchmark.run) return;
  const warning = missingWarning(oar.walltimeSec, runLength(bench.benchmark, nodes.length));
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
}

/**
 * Host keys that were shown once hold as long as the job does, with the system that was deployed in it: another job may have the
 * same machine with another system, and so with other keys.
 */
async function keptKeys(
  folder: string,
  machines: readonly Machine[],
  keyFor: (machine: Machine) => string,
  scan: (names: string[]) => Promise<Map<string, string[]>>,
): Promise<Map<string, string[]>> {
  const file = path.join(folder, "reserved.json");
  const kept = readKept(file, (document) => new Map(document as [string, string[]][])) ?? new Map();
  const missing = machines.filter((machine) => !kept.has(keyFor(machine)));
  if (missing.length === 0) return kept;
  const found = await scan(missing.map(({ name }) => name));
  const known = machines.flatMap((machine): [string, string[]][] => {
    const keys = kept.get(keyFor(machine)) ?? found.get(machine.name);
    return keys ? [[keyFor(machine), keys]] : [];
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(known), { mode: 0o600 });
  return new Map(known);
}
