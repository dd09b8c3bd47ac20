import { SwarmbenchError } from "../../contract/errors.ts";

/** Maximum number of errors in a message; a broken file may have thousands. */
const MAX_LINES = 40;

/** What is wrong with a manifest, or why one of its nodes is not used. */
export interface DocumentError {
  file: string;
  /** Undefined if it concerns the whole file. */
  node?: string;
  text: string;
}

/** The error of manifests that cannot be used: code `manifest-invalid`, one line for each entry. */
export function manifestError(errors: readonly DocumentError[]): SwarmbenchError {
  const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
  const lines = errors.slice(0, MAX_LINES).map((error) => `  - ${formatError(error)}`);
  const rest = errors.length - lines.length;
  if (rest > 0) lines.push(`  - and ${rest} more`);
  return new SwarmbenchError(
    "manifest-invalid",
    `The manifests have ${count}; nothing was changed:\n${lines.join("\n")}`,
    {
      hint: "Correct the manifest, or save it again in jFed once all nodes are ready: docs/testbeds/fed4fire.md",
    },
  );
}

/** Formats an error as `file: node: text`. */
export function formatError({ file, node, text }: DocumentError): string {
  return [file, node, text].filter(Boolean).join(": ");
}
