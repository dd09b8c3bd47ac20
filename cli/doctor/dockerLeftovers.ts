import { statSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";

const STACK_LABEL = "swarmbench.stack";
const OWNER_LABEL = "swarmbench.owner";

/** A container, volume or network of an engine; `owner` is the folder of the checkout that created it. */
export interface DockerObject {
  kind: string;
  id: string;
  name: string;
  stack: string;
  owner: string;
}

/** `leftover`: this checkout created it, and none of its stacks knows it; `gone`: its checkout no longer exists. */
export type Verdict = "recorded" | "leftover" | "gone" | "other" | "unknown";

/** Whether a checkout's folder exists. */
export type Presence = "there" | "gone" | "unknown";

interface DockerOptions {
  /** Runs although this process is stopping. */
  cleanUp?: boolean;
}

/** The objects with swarmbench's label on an engine, in the order in which they can be removed. */
export async function labelledObjects(engineHost: string, options?: DockerOptions): Promise<DockerObject[]> {
  const list = async (kind: string, args: string[], id: string, name: string): Promise<DockerObject[]> => {
    const columns = [id, name, `{{.Label "${STACK_LABEL}"}}`, `{{.Label "${OWNER_LABEL}"}}`].join("\t");
    const filter = ["--filter", `label=${STACK_LABEL}`, "--format", columns];
    const text = await run("docker", ["--host", engineHost, ...args, ...filter], options);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => objectOf(kind, line));
  };
  return [
    ...(await list("container", ["ps", "--all", "--no-trunc"], "{{.ID}}", "{{.Names}}")),
    ...(await list("volume", ["volume", "ls"], "{{.Name}}", "{{.Name}}")),
    ...(await list("network", ["network", "ls", "--no-trunc"], "{{.ID}}", "{{.Name}}")),
  ];
}

function objectOf(kind: string, line: string): DockerObject {
  const [id = "", name = "", stack = "", owner = ""] = line.split("\t");
  return { kind, id, name, stack, owner };
}

/**
 * Which checkout an object belongs to, and whether it is still in use.
 *
 * @param known ids of the resources in this checkout's stacks, and whether all of its states could be read
 */
export function verdict(
  { id, owner }: Pick<DockerObject, "id" | "owner">,
  known: { ids: ReadonlySet<string>; complete: boolean },
  presence: (owner: string) => Presence = checkout,
  thisCheckout = project,
): Verdict {
  if (owner === thisCheckout) {
    if (known.ids.has(id)) return "recorded";
    return known.complete ? "leftover" : "unknown";
  }
  return ({ gone: "gone", there: "other", unknown: "unknown" } as const)[presence(owner)];
}

/** Whether a checkout's folder exists. Any error but ENOENT means unknown: a folder that cannot be read may be in use. */
export function checkout(owner: string, stat: (file: string) => unknown = statSync): Presence {
  if (!path.isAbsolute(owner)) return "unknown";
  try {
    stat(owner);
    return "there";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : "unknown";
  }
}

/** Removes an object from an engine, also a running container. */
export function removeObject(
  engineHost: string,
  { kind, id }: DockerObject,
  options?: DockerOptions,
): Promise<string> {
  const force = kind === "network" ? [] : ["--force"];
  return run("docker", ["--host", engineHost, kind, "rm", ...force, id], options);
}
