import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { runLength } from "../../contract/runLength";
import type { Installation } from "../installation";
import { ask } from "../lib/exec";
import { whenKnown } from "../lib/known";
import type { Owner } from "../lib/ownership";
import type { NodeSettings } from "../nodeSettings";
import type { Settings } from "../settings";
import type { Host } from "./hosts/host";
import { type Candidates, readKept, sshDirectory } from "./hosts/open";
import type { Door } from "./oar/door";
import { OarError } from "./oar/errors";
import { hostKeysOf } from "./oar/hostKeys";
import { jobBase, machineId } from "./oar/names";
import { frontendWay, openDoor } from "./oar/open";
import { planSlots } from "./oar/plan";
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

/** Begins the names of a stack's jobs. */
export function jobsOf({ oar }: OarTestbedSettings, owner: Owner): string {
  return oar.jobName ?? jobBase(owner, machineId());
}

/**
 * Declares the reservation, waits until it runs, and gives its machines. In a preview of what is not reserved yet there are
 * none: then they are imagined, so that it shows what will be made all the same.
 *
 * @throws pulumi.RunError where OAR cannot be asked, or the machines do not show their host keys
 */
export async function oarHosts({ settings, testbed, installation, owner }: OarArgs): Promise<Candidates> {
  const { oar, common } = testbed;
  const base = jobsOf(testbed, owner);
  const door = openDoor(oar, installation.directory);
  const plan = await planned(door, base, settings.nodes.length);
  if (plan.slots.every(({ job }) => job === undefined)) await warnOfWalltime(settings, testbed);
  const reservation = new Reservation("reservation", {
    ...{ settings: oar, base, plan, nodes: settings.nodes.length },
  });
  const after = [reservation.lifetime, ...reservation.jobs];
  const reserved = await whenKnown(reservation.nodes);
  if (!reserved) {
    await pulumi.log.info("which machines they are is known once they are reserved: here they are imagined");
    return {
      common,
      after,
      imagined: true,
      hosts: settings.nodes.map((node) => imaginedHost(node, testbed)),
    };
  }
  const folder = sshDirectory(installation, settings.prefix);
  const frontend = frontendWay(oar, installation.directory);
  const keys = await oarFailure(() =>
    keptKeys(folder, reserved, (names) =>
      hostKeysOf(frontend, names, ask, (text) => void pulumi.log.info(text)),
    ),
  );
  const proxyCommand = throughFrontend(frontend);
  return {
    ...{ common, after, maySudoG5k: true },
    hosts: settings.nodes.flatMap((node, index): Host[] => {
      const machine = reserved[index];
      if (!machine) return [];
      return [
        {
          ...{ node, address: machine.name },
          way: {
            ...{ by: "ours", port: 22, user: testbed.nodeUser, acceptNewHostKeys: false, proxyCommand },
            hostKeys: keys.get(keyOf(machine)) ?? [],
            ...(oar.key ? { key: oar.key } : {}),
          },
          ...(testbed.dataNetwork ? { dataNetwork: testbed.dataNetwork } : { dataAddress: machine.address }),
        },
      ];
    }),
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
  return plan;
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
    ...{ node, address: `${node.name}.invalid` },
    way: { by: "ours", port: 22, user: nodeUser, acceptNewHostKeys: false },
  };
}

interface Machine {
  job: number;
  name: string;
}

/** Another job may have the same machine with another system, and so with other keys. */
const keyOf = ({ job, name }: Machine) => `${job} ${name}`;

/** Keys that were asked for once hold as long as their job does. */
async function keptKeys(
  folder: string,
  machines: readonly Machine[],
  scan: (names: string[]) => Promise<Map<string, string[]>>,
): Promise<Map<string, string[]>> {
  const file = path.join(folder, "reserved.json");
  const kept = readKept(file, (document) => new Map(document as [string, string[]][])) ?? new Map();
  const missing = machines.filter((machine) => !kept.has(keyOf(machine)));
  const found = await scan(missing.map(({ name }) => name));
  const all = new Map(
    machines.map((machine) => [keyOf(machine), kept.get(keyOf(machine)) ?? found.get(machine.name) ?? []]),
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify([...all]), { mode: 0o600 });
  return all;
}
