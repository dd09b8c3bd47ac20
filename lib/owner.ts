import { ownerDirectory } from "./stackName.ts";

/**
 * Whose a container, network, volume or job is. `directory` is the project's folder, or SWARMBENCH_HOME if that is set: two
 * checkouts, and two homes, have two Pulumi states, so neither may touch what the other made.
 */
export interface Owner {
  /** Of the stack: namespace, user and scenario. */
  prefix: string;
  directory: string;
}

/** The owner of what this checkout makes for a stack. */
export function ownerOf(prefix: string): Owner {
  return { prefix, directory: ownerDirectory() };
}
