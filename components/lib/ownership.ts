import * as pulumi from "@pulumi/pulumi";
import type { DockerCli } from "../../lib/docker.ts";
import type { Owner } from "../../lib/owner.ts";

export { type Owner, ownerOf } from "../../lib/owner.ts";

/** Docker label whose value is the owner's prefix. */
export const STACK_LABEL = "swarmbench.stack";
/** Docker label whose value is the owner's directory. */
export const OWNER_LABEL = "swarmbench.owner";

/** The labels of everything that a stack creates, as `@pulumi/docker` expects them. Objects without them are never touched. */
export function labels(owner: Owner, more: Record<string, string> = {}): { label: string; value: string }[] {
  const all = { [STACK_LABEL]: owner.prefix, [OWNER_LABEL]: owner.directory, ...more };
  return Object.entries(all).map(([label, value]) => ({ label, value }));
}

/** `docker … ls` filters that match only objects created by a stack. */
export function labelFilters(owner: Owner): string[] {
  return [
    "--filter",
    `label=${STACK_LABEL}=${owner.prefix}`,
    "--filter",
    `label=${OWNER_LABEL}=${owner.directory}`,
  ];
}

/** How to list leftovers of a given name, and how to remove one by its id, for each kind of object. */
const LEFTOVERS = {
  container: {
    list: (name: string) => ["ps", "--all", "--no-trunc", "--filter", `name=^${name}$`],
    format: "{{.ID}} {{.Names}}",
    remove: (docker: DockerCli, id: string, _: Owner) => docker("rm", "--force", id),
  },
  network: {
    // No anchors: Docker matches the filter as plain text for swarm networks and as a pattern for others.
    list: (name: string) => ["network", "ls", "--no-trunc", "--filter", `name=${name}`],
    format: "{{.ID}} {{.Name}}",
    remove: removeNetwork,
  },
  service: {
    list: (name: string) => ["service", "ls", "--filter", `name=${name}`],
    format: "{{.ID}} {{.Name}}",
    remove: (docker: DockerCli, id: string, _: Owner) => docker("service", "rm", id),
  },
};

/**
 * A hook that removes a leftover just before Pulumi creates a container, network or service of the same name. An object with
 * the stack's labels can exist at this point only if an `up` was killed after Docker created the object and before Pulumi
 * recorded it. Without the hook every later `up` would fail because the name is taken.
 *
 * @param docker runs `docker` on the engine that holds the object
 */
export function removeLeftoverFirst(
  kind: keyof typeof LEFTOVERS,
  name: string,
  owner: Owner,
  docker: DockerCli,
): pulumi.ResourceHookBinding {
  const { list, format, remove } = LEFTOVERS[kind];
  const hook = new pulumi.ResourceHook(`remove-leftover-${kind}-${name}`, async () => {
    const listed = await lines(docker, ...list(name), ...labelFilters(owner), "--format", format);
    for (const [id = "", listedName] of listed.map((line) => line.split(" "))) {
      if (listedName !== name) continue; // the name filters of services and networks match longer names too
      await remove(docker, id, owner);
      await pulumi.log.info(`removed ${kind} ${name}, left behind by an interrupted \`up\``);
    }
  });
  return { beforeCreate: [hook] };
}

async function removeNetwork(docker: DockerCli, id: string, owner: Owner): Promise<void> {
  // Containers on this network are newer than the network, so Pulumi has not recorded them either.
  const filters = [...labelFilters(owner), "--quiet", "--no-trunc", "--filter", `network=${id}`];
  for (const container of await lines(docker, "ps", "--all", ...filters)) {
    await docker("rm", "--force", container);
  }
  await docker("network", "rm", id);
}

async function lines(docker: DockerCli, ...args: string[]): Promise<string[]> {
  return (await docker(...args)).split("\n").filter(Boolean);
}
