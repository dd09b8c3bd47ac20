// The committed files that are generated from the configuration's schemas.
import { configurationDocs } from "./docs.ts";
import { stackFileSchema } from "./jsonSchema.ts";
import { pulumiProjectFile } from "./pulumiYaml.ts";

/**
 * Returns the text of each generated file, by its path in the repository.
 *
 * @param read returns the current text of a file; the head of Pulumi.yaml is kept
 */
export function generatedFiles(read: (path: string) => string): Record<string, string> {
  return {
    "docs/configuration.md": configurationDocs(),
    "docs/configuration.schema.json": `${JSON.stringify(stackFileSchema(), null, 2)}\n`,
    "Pulumi.yaml": pulumiProjectFile(read("Pulumi.yaml")),
  };
}
