import * as pulumi from "@pulumi/pulumi";
import type { DockerCli } from "../../lib/docker.ts";
import type { Owner } from "../../lib/owner.ts";

export { type Owner, ownerOf } from "../../lib/owner.ts";

export const STACK_LABEL = "swarmbench.stack";
export const OWNER_LABEL = "swarmbench.owner";

/** The labels of everything that a stack creates, as `@pulumi/docker` takes them. What lacks them is never touched. */
export function labels(owner: Owner, more: Record<string, string> = {}): { label: string; value: string }[] {
  const all = { [STACK_LABEL]: owner.prefix, [OWNER_LABEL]: owner.directory, ...more };
  return Object.entries(all).map(([label, value]) => ({ label, value }));
}

/** Filters by which `docker … ls` lists only what a stack created. */
export function labelFilters(owner: Owner): string[] {
  return [
    "--filter",
    `label=${STACK_LABEL}=${owner.prefix}`,
    "--filter",
    `label=${OWNER_LABEL}=${owner.directory}`,
  ];
}

/** What of a name an interrupted `up` may have left, by kind: how to list it, and how to remove it by its id. */
const LEFTOVERS = {
  container: {
    list: (name: string) => ["ps", "--all", "--no-trunc", "--filter", `name=^${name}$`],
    format: "{{.ID}} {{.Names}}",
    remove: (docker: DockerCli, id: string, _: Owner) => docker("rm", "--force", id),
  },
  network: {
    // No anchors: Docker compares the names of a swarm's networks as text, those of others as a pattern.
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
 * A hook that runs just before the engine creates a container, network or service: one of that name that carries our
 * labels is then a leftover of an `up` that was killed after Docker had made it and before Pulumi had written it down.
 * It would stand in the way for ever; so it goes.
 *
 * @param docker the `docker` command of the engine in question
 */
export function removeLeftoverFirst(
  kind: keyof typeof LEFTOVERS,
  name: string,
  owner: Owner,
  docker: DockerCli,
): pulumi.ResourceHookBinding {
  const { list, format, remove } = LEFTOVERS[kind];
  const hook = new pulumi.ResourceHook(`remove-leftover-${kind}-${name}`, async () => {
    const found = await lines(docker, ...list(name), ...labelFilters(owner), "--format", format);
    for (const [id = "", itsName] of found.map((line) => line.split(" "))) {
      if (itsName !== name) continue; // the filters of services and networks take longer names too
      await remove(docker, id, owner);
      await pulumi.log.info(`removed ${kind} ${name}, which an interrupted \`up\` had left`);
    }
  });
  return { beforeCreate: [hook] };
}

async function removeNetwork(docker: DockerCli, id: string, owner: Owner): Promise<void> {
  // A container that is on it was made after it, so Pulumi does not know that one either.
  const filters = [...labelFilters(owner), "--quiet", "--no-trunc", "--filter", `network=${id}`];
  for (const container of await lines(docker, "ps", "--all", ...filters)) {
    await docker("rm", "--force", container);
  }
  await docker("network", "rm", id);
}

async function lines(docker: DockerCli, ...args: string[]): Promise<string[]> {
  return (await docker(...args)).split("\n").filter(Boolean);
}
