import { RspecError } from "../../testbeds/rspec/errors.ts";
import type { RspecFile } from "../../testbeds/rspec/files.ts";
import { inspectManifests, type RspecInspection, type RspecOptions } from "../../testbeds/rspec/manifests.ts";

/** Reads manifests; all nodes must be usable. @throws RspecError with all errors of all files */
export function readManifests(
  files: RspecFile[],
  options: RspecOptions = {},
): Pick<Required<RspecInspection>, "nodes" | "network" | "notes"> {
  const { rejected, errors, network, nodes, notes } = inspectManifests(files, options);
  const all = [
    ...errors,
    ...rejected.flatMap((node) => node.errors.map((text) => ({ file: node.file, node: node.name, text }))),
  ];
  if (all.length > 0 || !network) throw new RspecError(all);
  return { nodes, network, notes };
}
