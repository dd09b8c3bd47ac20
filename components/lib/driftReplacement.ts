/**
 * How `pulumi up` repairs drift.
 *
 * Pulumi compares the program with its recorded state, not with reality. A killed node, or one that left the swarm, is still in
 * the state, so Pulumi alone would do nothing. The program therefore inspects reality first (`localState.ts`, `swarmState.ts`).
 * If something is missing or broken, the program writes new words into one input of its resource, and Pulumi replaces or
 * updates the resource. Otherwise that input keeps its old value (`ignoreChanges`), so a second `up` changes nothing.
 */
export interface DriftReplacement {
  /** Whether the resource must be replaced or checked again. */
  due: boolean;
  /** New value of the input, as shell words that need no quotes. */
  words: string[];
}

/** Start of this program run. All replacements of one run share it. */
const now = new Date().toISOString();

/** A replacement that is due unless `healthy`. `details` become arguments of the script that runs again. */
export function replaceUnless(healthy: boolean, ...details: string[]): DriftReplacement {
  return { due: !healthy, words: [now, ...details] };
}

/** Options of resources that a changed {@link generation} label replaces. Their names are fixed, so the old one is deleted first. */
export function replacedBy(replacement: DriftReplacement): {
  deleteBeforeReplace: true;
  ignoreChanges: string[];
} {
  return { deleteBeforeReplace: true, ignoreChanges: replacement.due ? [] : ["labels"] };
}

/** A label for a container, volume or network. A changed value makes Pulumi replace the resource. */
export function generation(replacement: DriftReplacement): Record<string, string> {
  return { "swarmbench.generation": replacement.words.join(" ") };
}
