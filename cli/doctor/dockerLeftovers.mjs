import { statSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";

const STACK_LABEL = "swarmbench.stack";
const OWNER_LABEL = "swarmbench.owner";

/**
 * @typedef {{ kind: string, id: string, name: string, stack: string, owner: string }} DockerObject
 * @typedef {"recorded" | "leftover" | "gone" | "other" | "unknown"} Verdict
 *   `leftover`: this checkout made it, and none of its stacks knows it; `gone`: its checkout is not there any more
 */

/** What carries our label on an engine, in the order in which it can be removed. @returns {Promise<DockerObject[]>} */
export async function labelledObjects(engineHost, options) {
  const list = async (kind, args, id, name) => {
    const columns = [id, name, `{{.Label "${STACK_LABEL}"}}`, `{{.Label "${OWNER_LABEL}"}}`].join("\t");
    const filter = ["--filter", `label=${STACK_LABEL}`, "--format", columns];
    const text = await run("docker", ["--host", engineHost, ...args, ...filter], options);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [id, name, stack, owner] = line.split("\t");
        return { kind, id, name, stack, owner };
      });
  };
  return [
    ...(await list("container", ["ps", "--all", "--no-trunc"], "{{.ID}}", "{{.Names}}")),
    ...(await list("volume", ["volume", "ls"], "{{.Name}}", "{{.Name}}")),
    ...(await list("network", ["network", "ls", "--no-trunc"], "{{.ID}}", "{{.Name}}")),
  ];
}

/**
 * Whose an object is, and whether anyone still wants it.
 *
 * @param {{ id: string, owner: string }} object
 * @param {{ ids: Set<string>, complete: boolean }} known what this checkout's stacks know, and whether that is all
 * @returns {Verdict}
 */
export function verdict({ id, owner }, known, ownerIs = checkout, mine = project) {
  if (owner === mine) {
    if (known.ids.has(id)) return "recorded";
    return known.complete ? "leftover" : "unknown";
  }
  return { gone: "gone", there: "other", unknown: "unknown" }[ownerIs(owner)];
}

/** Whether a checkout's folder is there. Only its plain absence says no: one that we may not see may be in use. */
export function checkout(owner, stat = statSync) {
  if (!path.isAbsolute(owner)) return "unknown";
  try {
    stat(owner);
    return "there";
  } catch (error) {
    return error.code === "ENOENT" ? "gone" : "unknown";
  }
}

/** @param {DockerObject} object */
export function removeObject(engineHost, { kind, id }, options) {
  const force = kind === "network" ? [] : ["--force"];
  return run("docker", ["--host", engineHost, kind, "rm", ...force, id], options);
}
