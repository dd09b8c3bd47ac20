import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { DockerCli } from "./docker";

/**
 * Whose a container, network or volume is. Everything we create carries these labels; what does not is never touched.
 * `owner` is the project's folder: two checkouts have two Pulumi states, so neither may touch what the other made.
 */
export interface Owner {
  prefix: string;
  directory: string;
}

export const STACK_LABEL = "swarmbench.stack";
export const OWNER_LABEL = "swarmbench.owner";

export function ownerOf(prefix: string): Owner {
  return { prefix, directory: path.resolve(".") };
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
  if (process.env.NOHOOK) return {};
  const hook = new pulumi.ResourceHook(`remove-leftover-${kind}-${name}`, async () => {
    const list = kind === "container" ? ["ps", "--all"] : ["network", "ls"];
    const filters = [...labelFilters(owner), "--filter", `name=^${name}$`];
    const found = await docker(...list, "--quiet", "--no-trunc", ...filters);
    for (const id of found.split("\n").filter(Boolean)) {
      await docker(kind, "rm", ...(kind === "container" ? ["--force"] : []), id);
      await pulumi.log.info(`removed ${kind} ${name}, which an interrupted \`up\` had left`);
    }
  });
  return process.env.NOHOOK ? {} : { beforeCreate: [hook] };
}
