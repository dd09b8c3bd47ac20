import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { checkoutId, ownerText, parseOwner } from "../../lib/checkoutId.ts";
import { THAW } from "../../lib/thaw.ts";
import { defaultHome, project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { knownCheckouts } from "../setup/checkoutId.ts";

const STACK_LABEL = "swarmbench.stack";
const OWNER_LABEL = "swarmbench.owner";

/** A container, volume or network of an engine; `owner` is the folder and the id of the checkout that created it. */
export interface DockerObject {
  kind: string;
  id: string;
  name: string;
  stack: string;
  owner: string;
}

/**
 * `recorded`: it is in a stack of this checkout; `leftover`: this checkout created it, and it is in none of its stacks; `other`:
 * another checkout owns it; `gone`: its checkout no longer exists; `unknown`: it may be in use.
 */
export type Verdict = "recorded" | "leftover" | "gone" | "other" | "unknown";

/** This checkout in labels. Its stacks are in its default home. */
export const thisOwner = ownerText(project, checkoutId(defaultHome));

/** Whether a checkout's folder exists. */
export type Presence = "there" | "gone" | "unknown";

interface DockerOptions {
  /** Also runs while this process is stopping. */
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
 * @param record ids of the resources in this checkout's stacks, and whether all of its states could be read
 */
export function verdict(
  { id, owner }: Pick<DockerObject, "id" | "owner">,
  record: { ids: ReadonlySet<string>; complete: boolean },
  presence: (owner: string) => Presence = checkout,
  thisCheckout = thisOwner,
): Verdict {
  if (isOf(thisCheckout, owner)) {
    if (record.ids.has(id)) return "recorded";
    return record.complete ? "leftover" : "unknown";
  }
  return ({ gone: "gone", there: "other", unknown: "unknown" } as const)[presence(owner)];
}

/** Whether an object's owner is the checkout. Before setup gave ids to checkouts, labels had only the folder. */
export function isOf(checkoutOwner: string, owner: string): boolean {
  return owner === checkoutOwner || owner === parseOwner(checkoutOwner).folder;
}

/**
 * Whether a checkout exists. Any error but ENOENT means unknown: a folder that cannot be read may be in use. One with an id is
 * gone only if it was set up on this machine: other machines and containers that use the engine have folders of their own.
 */
export function checkout(
  owner: string,
  stat: (file: string) => unknown = statSync,
  isKnown = (id: string) => existsSync(path.join(knownCheckouts, id)),
): Presence {
  const { folder, id } = parseOwner(owner);
  if (!path.isAbsolute(folder)) return "unknown";
  const absent = id === undefined || isKnown(id) ? "gone" : "unknown";
  try {
    stat(folder);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? absent : "unknown";
  }
  const ids = [folder, path.join(folder, ".swarmbench")].map(checkoutId);
  return id === undefined || ids.includes(id) ? "there" : absent;
}

/** Removes an object from an engine, even if it is a running container. */
export async function removeObject(
  engineHost: string,
  { kind, id }: DockerObject,
  options?: DockerOptions,
): Promise<string> {
  if (kind === "container") await thaw(engineHost, id);
  const force = kind === "network" ? [] : ["--force"];
  return run("docker", ["--host", engineHost, kind, "rm", ...force, id], options);
}

/** Without a shell, or stopped, a container has no frozen processes of its own. */
async function thaw(engineHost: string, id: string): Promise<void> {
  await run("docker", ["--host", engineHost, "exec", id, "sh", "-c", THAW]).catch(() => {});
}
