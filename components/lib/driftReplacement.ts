/**
 * How `pulumi up` heals what Pulumi cannot see.
 *
 * Pulumi compares a program with its own record, not with the world: a node that was killed, or that left the swarm,
 * is still in the record, so nothing would happen. The program therefore looks at the world first (`localState.ts`,
 * `swarmState.ts`). Where it finds something gone or broken it writes new words into one input of that resource, and
 * the engine replaces or updates it. While all is well that input is left as it was (`ignoreChanges`), so that a second
 * `up` changes nothing.
 */
export interface DriftReplacement {
  /** Whether the resource is to be made, or checked, anew. */
  due: boolean;
  /** What to write into the input; plain words of a shell. */
  words: string[];
}

/** When this program run began; the same for all that it finds, so that one incident has one name. */
const now = new Date().toISOString();

/** A replacement that is due unless `healthy`; `details` are words for the script that runs again. */
export function replaceUnless(healthy: boolean, ...details: string[]): DriftReplacement {
  return { due: !healthy, words: [now, ...details] };
}

/** Options of what is replaced by a changed {@link generation} label: its name is fixed, so the old one goes first. */
export function replacedBy(replacement: DriftReplacement): {
  deleteBeforeReplace: true;
  ignoreChanges: string[];
} {
  return { deleteBeforeReplace: true, ignoreChanges: replacement.due ? [] : ["labels"] };
}

/** The label that a container, volume or network gets: changed, it makes the engine replace it. */
export function generation(replacement: DriftReplacement): Record<string, string> {
  return { "swarmbench.generation": replacement.words.join(" ") };
}
