// The committed files that are made from the configuration's schemas.
import { configurationDocs } from "./docs.ts";
import { stackFileSchema } from "./jsonSchema.ts";
import { pulumiProjectFile } from "./pulumiYaml.ts";

/**
 * The text of each generated file, by its path in the repository.
 *
 * @param read returns the present text of a file; of Pulumi.yaml a part is kept
 */
export function generatedFiles(read: (path: string) => string): Record<string, string> {
  return {
    "docs/configuration.md": configurationDocs(),
    "docs/configuration.schema.json": `${JSON.stringify(stackFileSchema(), null, 2)}\n`,
    "Pulumi.yaml": pulumiProjectFile(read("Pulumi.yaml")),
  };
}
