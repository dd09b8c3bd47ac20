import { createHash } from "node:crypto";
import * as os from "node:os";
import * as path from "node:path";
import { checkoutId, ownerText } from "./checkoutId.ts";

/** Prefix of all names that a stack creates on a shared machine. Without a namespace, it contains the user's name. */
export function stackPrefix(namespace: string, user: string, stack: string): string {
  return `swarmbench-${namespace || plainName(user, /[^a-z0-9]/g)}-${plainName(stack, /[^a-z0-9-]/g)}`;
}

/**
 * Removes the characters that Docker and DNS do not allow. If there were any, a hash of the name is added, so that different names
 * stay different: two stacks with the same name would treat each other's containers as their own.
 */
function plainName(name: string, others: RegExp): string {
  const plain = name.toLowerCase().replace(others, "");
  return plain === name ? name : plain + createHash("sha256").update(name).digest("hex").slice(0, 6);
}

/** Login name of the user; `user<id>` if the id has no name. */
export function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `user${process.getuid?.() ?? ""}`; // the id has no name, as in some containers
  }
}

/** The owner of all created objects: the folder SWARMBENCH_HOME if it is set, else the project's, and the checkout's random id. */
export function ownerDirectory(): string {
  return ownerText(path.resolve(process.env.SWARMBENCH_HOME || "."), checkoutId(installationDirectory()));
}

/** Folder of the installation: keys, Pulumi state and installation.json. */
export function installationDirectory(): string {
  return path.resolve(process.env.SWARMBENCH_HOME || ".swarmbench");
}
