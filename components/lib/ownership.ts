import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { DockerCli } from "./docker";

/**
 * Whose a container, network or volume is. Everything we create carries these labels; what does not is never touched.
 * `owner` is the project's folder, or SWARMBENCH_HOME where that is set: two checkouts, and two homes, have two Pulumi
 * states, so neither may touch what the other made.
 */
export interface Owner {
  prefix: string;
  directory: string;
}

export const STACK_LABEL = "swarmbench.stack";
export const OWNER_LABEL = "swarmbench.owner";

export function ownerOf(prefix: string): Owner {
  return { prefix, directory: path.resolve(process.env.SWARMBENCH_HOME || ".") };
}

/** The labels of everything that a stack creates, as `@pulumi/docker` takes them. */
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

/**
 * A hook that runs just before the engine creates a container or network: one of that name that carries our labels
 * is then a leftover of an `up` that was killed after Docker had made it and before Pulumi had written it down.
 * It would stand in the way for ever; so it goes.
 *
 * @param docker the `docker` command of the engine in question
 */
export function removeLeftoverFirst(
  kind: "container" | "network",
  name: string,
  owner: Owner,
  docker: DockerCli,
): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(`remove-leftover-${kind}-${name}`, async () => {
    const ours = [...labelFilters(owner), "--quiet", "--no-trunc"];
    const lines = async (...args: string[]) => (await docker(...args)).split("\n").filter(Boolean);
    if (kind === "container") {
      for (const id of await lines("ps", "--all", ...ours, "--filter", `name=^${name}$`)) {
        await docker("rm", "--force", id);
        await pulumi.log.info(`removed container ${name}, which an interrupted \`up\` had left`);
      }
      return;
    }
    for (const id of await lines("network", "ls", ...ours, "--filter", `name=^${name}$`)) {
      // A container that is on it was made after it, so Pulumi does not know that one either.
      for (const container of await lines("ps", "--all", ...ours, "--filter", `network=${id}`)) {
        await docker("rm", "--force", container);
      }
      await docker("network", "rm", id);
      await pulumi.log.info(`removed network ${name}, which an interrupted \`up\` had left`);
    }
  });
  return { beforeCreate: [hook] };
}
