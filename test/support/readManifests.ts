import { manifestError } from "../../testbeds/rspec/errors.ts";
import type { RspecFile } from "../../testbeds/rspec/files.ts";
import { inspectManifests, type RspecInspection, type RspecOptions } from "../../testbeds/rspec/manifests.ts";

/** Reads manifests that must be usable. @throws SwarmbenchError `manifest-invalid` with every error of all files */
export function readManifests(
  files: RspecFile[],
  options: RspecOptions = {},
): Pick<Required<RspecInspection>, "nodes" | "network" | "notes" | "ignored"> {
  const { errors, ignored, network, nodes, notes } = inspectManifests(files, options);
  if (errors.length > 0 || !network) throw manifestError([...errors, ...ignored]);
  return { nodes, network, notes, ignored };
}
