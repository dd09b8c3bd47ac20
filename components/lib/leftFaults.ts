import * as pulumi from "@pulumi/pulumi";
import { notedFaults, undoNoted } from "../../lib/faults/left.ts";
import { installationDirectory } from "../../lib/stackName.ts";

/**
 * Undoes faults that a killed run left on the nodes of the current stack, before `up` changes anything. A preview undoes
 * nothing. Nodes that do not answer are only reported: `up` itself fails if it needs them.
 */
export async function undoLeftFaults(): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const home = installationDirectory();
  const note = notedFaults(home, pulumi.getStack());
  if (!note) return;
  const { undone, errors } = await undoNoted(home, note);
  for (const text of undone) await pulumi.log.info(`undone, left by an earlier run: ${text}`);
  for (const text of errors) await pulumi.log.warn(`faults of an earlier run may not be undone: ${text}`);
}
