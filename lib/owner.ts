import { ownerDirectory } from "./stackName.ts";

/**
 * The owner of a container, network, volume or job. `directory` is SWARMBENCH_HOME if it is set, else the project's folder: two
 * checkouts, or two homes, have different Pulumi states, so neither may change what the other has created.
 */
export interface Owner {
  /** Prefix of the stack's names: namespace or user, and scenario. */
  prefix: string;
  directory: string;
}

/** The owner of what this checkout creates for a stack. */
export function ownerOf(prefix: string): Owner {
  return { prefix, directory: ownerDirectory() };
}
