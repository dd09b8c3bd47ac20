import * as pulumi from "@pulumi/pulumi";
import { SwarmbenchError } from "../../contract/errors.ts";
import type { DockerCli } from "../../lib/docker.ts";
import type { Owner } from "../../lib/owner.ts";

export { type Owner, ownerOf } from "../../lib/owner.ts";

/** Docker label whose value is the owner's prefix. */
export const STACK_LABEL = "swarmbench.stack";
/** Docker label whose value is the owner's directory and the id of the checkout. */
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

/** How to list objects of a given name, and how to remove one by its id, for each kind of object. */
const PREVIOUS = {
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
    remove: removeService,
  },
};

/**
 * A hook that removes the previous object just before Pulumi creates a container, network or service of the same name. An
 * object with the stack's labels exists at this point if it is a service to replace, or if an `up` was killed after Docker
 * created the object and before Pulumi recorded it. Without the hook every later `up` would fail because the name is taken.
 *
 * @param docker runs `docker` on the engine that holds the object
 */
export function removePreviousFirst(
  kind: keyof typeof PREVIOUS,
  name: string,
  owner: Owner,
  docker: DockerCli,
): pulumi.ResourceHookBinding {
  const { list, format, remove } = PREVIOUS[kind];
  const hook = new pulumi.ResourceHook(`remove-leftover-${kind}-${name}`, async () => {
    const listed = await lines(docker, ...list(name), ...labelFilters(owner), "--format", format);
    for (const [id = "", listedName] of listed.map((line) => line.split(" "))) {
      if (listedName !== name) continue; // the name filters of services and networks match longer names too
      await remove(docker, id, owner);
      await pulumi.log.info(`removed ${kind} ${name}, before it is created again`);
    }
  });
  return { beforeCreate: [hook] };
}

/**
 * A hook that fails just before Pulumi creates a volume if there is one of that name without the stack's labels. Docker would
 * return that volume, and `destroy` would delete it.
 *
 * @param docker runs `docker` on the engine that holds the volume
 */
export function refuseForeignVolume(
  name: string,
  owner: Owner,
  docker: DockerCli,
): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(`refuse-foreign-volume-${name}`, async () => {
    const all = await lines(docker, "volume", "ls", "--quiet");
    const own = await lines(docker, "volume", "ls", "--quiet", ...labelFilters(owner));
    if (!all.includes(name) || own.includes(name)) return;
    throw new SwarmbenchError(
      "testbed-failed",
      `The swarm's manager has a volume ${name} that this stack did not create; nothing in it was changed.`,
      { hint: `Remove it there: docker volume rm ${name}` },
    );
  });
  return { beforeCreate: [hook] };
}

async function removeNetwork(docker: DockerCli, id: string, owner: Owner): Promise<void> {
  // Containers on this network are newer than the network, so Pulumi has not recorded them either.
  const filters = [...labelFilters(owner), "--quiet", "--no-trunc", "--filter", `network=${id}`];
  for (const container of await lines(docker, "ps", "--all", ...filters)) {
    await docker("rm", "--force", container);
  }
  const scope = await docker("network", "inspect", "--format", "{{.Scope}}", id);
  if (scope.trim() === "swarm") await removeServicesOn(docker, id, owner);
  await docker("network", "rm", id);
}

/** Removes the stack's services on a network that is replaced. Pulumi creates them again, because the network's id changes. */
async function removeServicesOn(docker: DockerCli, network: string, owner: Owner): Promise<void> {
  const networks = "{{range .Spec.TaskTemplate.Networks}}{{.Target}} {{end}}";
  for (const service of await lines(docker, "service", "ls", "--quiet", ...labelFilters(owner))) {
    const attached = await docker("service", "inspect", "--format", networks, service);
    if (attached.split(/\s+/).includes(network)) await removeService(docker, service, owner);
  }
}

/** Seconds to wait for the tasks of a removed service, which may use the volumes and ports of the new one. */
const TASKS_TIMEOUT_SEC = 90;

/** Removes a service and waits for the end of its tasks: Docker's command returns at once. */
async function removeService(docker: DockerCli, id: string, _owner: Owner): Promise<void> {
  const [fullId = id] = await lines(docker, "service", "inspect", "--format", "{{.ID}}", id); // lists have a shortened id
  await docker("service", "rm", fullId);
  const end = Date.now() + TASKS_TIMEOUT_SEC * 1000;
  while (Date.now() < end) {
    const nodes = await lines(docker, "node", "ls", "--quiet");
    // Tasks of a service that is gone are listed as `<service id>.<slot or node>`.
    const tasks = await lines(docker, "node", "ps", "--no-trunc", "--format", "{{.Name}}", ...nodes);
    if (!tasks.some((task) => task.split(/[. ]/).includes(fullId))) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function lines(docker: DockerCli, ...args: string[]): Promise<string[]> {
  return (await docker(...args)).split("\n").filter(Boolean);
}
