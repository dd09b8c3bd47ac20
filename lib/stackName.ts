import { createHash } from "node:crypto";
import * as os from "node:os";
import * as path from "node:path";

/** Begins the name of everything that a stack creates on a shared machine. No namespace: the user's name. */
export function stackPrefix(namespace: string, user: string, stack: string): string {
  return `swarmbench-${namespace || plainName(user, /[^a-z0-9]/g)}-${plainName(stack, /[^a-z0-9-]/g)}`;
}

/**
 * A name with nothing in it but what Docker and DNS allow. Where that loses something, a hash of the whole is added, so
 * that no two names become one: of two stacks with one name, each would take the other's containers for its own.
 */
function plainName(name: string, others: RegExp): string {
  const plain = name.toLowerCase().replace(others, "");
  return plain === name ? name : plain + createHash("sha256").update(name).digest("hex").slice(0, 6);
}

export function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `user${process.getuid?.() ?? ""}`; // an id that has no name here, as in some containers
  }
}

/** The folder that owns what is made: the project's, or SWARMBENCH_HOME where that is set. */
export function ownerDirectory(): string {
  return path.resolve(process.env.SWARMBENCH_HOME || ".");
}

/** Folder of the installation: keys, Pulumi state, and what setup found. */
export function installationDirectory(): string {
  return path.resolve(process.env.SWARMBENCH_HOME || ".swarmbench");
}
