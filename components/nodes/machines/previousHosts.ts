import { writeFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { SwarmbenchError } from "../../../contract/errors.ts";
import { readCache } from "../../../lib/cache.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import type { Host } from "./host.ts";
import type { UsableHost } from "./hosts.ts";
import { type InspectOptions, inspectAll } from "./inspect.ts";

const FILE = "machines.json";

const endpoint = z.object({
  host: z.string(),
  port: z.number().optional(),
  user: z.string().optional(),
  configFile: z.string(),
  sudo: z.boolean(),
});

/** The machine of each node at the last `up` from this checkout. */
const machines = z.record(z.string(), z.object({ address: z.string(), ssh: endpoint }));

/**
 * The host assignment of the last `up`: the address of each node's machine, by node name.
 *
 * @param folder the stack's folder for ssh files
 */
export function previousHosts(folder: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readMachines(folder)).map(([node, { address }]) => [node, address]),
  );
}

/** Stores the host assignment for the next `up`. Keeps the entries of nodes that the stack no longer has. */
export function saveHosts(folder: string, hosts: readonly UsableHost[]): void {
  const current = Object.fromEntries(
    hosts.map(({ host, ssh }) => [host.node.name, { address: host.address, ssh }]),
  );
  const all = { ...readMachines(folder), ...current };
  writeFileSync(path.join(folder, FILE), JSON.stringify(all, undefined, 2), { mode: 0o600 });
}

function readMachines(folder: string): Record<string, { address: string; ssh: SshEndpoint }> {
  const read = (document: unknown) => machines.parse(document) as ReturnType<typeof readMachines>;
  return readCache(path.join(folder, FILE), read) ?? {};
}

/**
 * Refuses to move a node to another machine while its previous machine still belongs to the stack. The previous machine would
 * keep its part of the swarm and the stack, and nothing would clean it.
 *
 * @throws SwarmbenchError `testbed-failed` with every such node
 */
export async function refuseMovedNodes(
  folder: string,
  hosts: readonly Host[],
  owner: string,
  options: Omit<InspectOptions, "endpoints">,
): Promise<void> {
  const saved = readMachines(folder);
  const moved = hosts.flatMap((host) => {
    const previous = saved[host.node.name];
    return previous && previous.address !== host.address ? [{ host, previous }] : [];
  });
  if (moved.length === 0) return;
  const endpoints = new Map(moved.map(({ host, previous }) => [host.node.name, previous.ssh]));
  const inspections = await inspectAll(
    moved.map(({ host, previous }) => ({ ...host, address: previous.address })),
    { ...options, endpoints },
  );
  const stillOwned: string[] = [];
  for (const { host, result } of inspections) {
    const name = `${host.node.name} was ${host.address}`;
    if (result instanceof Error) {
      await pulumi.log.warn(`${name}, which seems to be gone: ${result.message}`);
    } else if (result.owner === owner && result.node === host.node.name) {
      stillOwned.push(name);
    }
  }
  refuseHostChanges(
    stillOwned,
    "Add and remove machines only at the end of the list, or run pulumi destroy before you replace machines.",
  );
}

/**
 * Fails if nodes would move to other machines.
 *
 * @param nodes one line per node that would move
 * @throws SwarmbenchError `testbed-failed` with these nodes and the hint
 */
export function refuseHostChanges(nodes: readonly string[], hint: string): void {
  if (nodes.length === 0) return;
  const list = nodes.map((line) => `  - ${line}`).join("\n");
  throw new SwarmbenchError(
    "testbed-failed",
    `Nodes cannot move to other machines; nothing was changed on them:\n${list}`,
    { hint },
  );
}
