import { writeFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { readCache } from "../../../lib/cache.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import type { Host } from "./host.ts";
import type { GoodHost } from "./hosts.ts";
import { type InspectOptions, inspectAll } from "./inspect.ts";

const endpoint = z.object({
  host: z.string(),
  port: z.number().optional(),
  user: z.string().optional(),
  configFile: z.string(),
  sudo: z.boolean(),
});

/** Which machine each node was, when the stack was last brought up from here. */
const machines = z.record(z.string(), z.object({ address: z.string(), ssh: endpoint }));

/** The address of each node's machine then. */
export function machinesBefore(folder: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readMachines(folder)).map(([node, { address }]) => [node, address]),
  );
}

export function noteMachines(folder: string, good: readonly GoodHost[]): void {
  const now = Object.fromEntries(
    good.map(({ host, ssh }) => [host.node.name, { address: host.address, ssh }]),
  );
  const all = { ...readMachines(folder), ...now };
  writeFileSync(path.join(folder, MACHINES), JSON.stringify(all, undefined, 2), { mode: 0o600 });
}

const MACHINES = "machines.json";

function readMachines(folder: string): Record<string, { address: string; ssh: SshEndpoint }> {
  const read = (document: unknown) => machines.parse(document) as ReturnType<typeof readMachines>;
  return readCache(path.join(folder, MACHINES), read) ?? {};
}

/**
 * A node is its machine: what another one has of the swarm and the stack would stay there, unknown to anybody.
 *
 * @throws pulumi.RunError with the nodes that are to be other machines, while those that they were are still ours
 */
export async function refuseSuccessors(
  folder: string,
  hosts: readonly Host[],
  owner: string,
  looking: Omit<InspectOptions, "endpoints">,
): Promise<void> {
  const before = readMachines(folder);
  const changed = hosts.flatMap((host) => {
    const was = before[host.node.name];
    return was && was.address !== host.address ? [{ host, was }] : [];
  });
  if (changed.length === 0) return;
  const endpoints = new Map(changed.map(({ host, was }) => [host.node.name, was.ssh]));
  const looked = await inspectAll(
    changed.map(({ host, was }) => ({ ...host, address: was.address })),
    { ...looking, endpoints },
  );
  const kept: string[] = [];
  for (const { host, found } of looked) {
    const name = `${host.node.name} was ${host.address}`;
    if (found instanceof Error) await pulumi.log.warn(`${name}, which is taken for gone: ${found.message}`);
    else if (found.owner === owner && found.node === host.node.name) kept.push(name);
  }
  refusePlaces(
    kept,
    "Add machines at the end of the list and take them off there, or run pulumi destroy before others come in",
  );
}

/** @throws pulumi.RunError with the nodes that would be other machines, where there are any, and what to do instead */
export function refusePlaces(nodes: readonly string[], instead: string): void {
  if (nodes.length === 0) return;
  const list = nodes.map((each) => `  - ${each}`).join("\n");
  throw new pulumi.RunError(
    `Machines cannot take each other's places; nothing was changed on them:\n${list}\n${instead}`,
  );
}
