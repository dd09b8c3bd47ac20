import { readFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { parse } from "yaml";
import { parseSettings } from "../../config/settings.ts";
import { markdownFiles } from "./markdown.ts";

const project = path.resolve(import.meta.dirname, "../..");
const BLOCK = /^( *)```yaml\n(.*?)^ *```/gms;

/** The YAML blocks of all pages that have settings of a scenario. */
const examples = markdownFiles(project).flatMap((file) =>
  [...readFileSync(path.join(project, file), "utf8").matchAll(BLOCK)]
    .map(([, , text = ""]) => text)
    .filter((text) => text.includes("swarmbench:"))
    .map((text) => ({ file, text })),
);

for (const [index, { file, text }] of examples.entries()) {
  it(`an example of a scenario in the documentation is valid: ${file}, ${index + 1}`, () => {
    const config = parse(text) as Record<string, unknown>;
    const raw = Object.entries(config).map(([key, value]) => [
      key.replace("swarmbench:", ""),
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    parseSettings(Object.fromEntries(raw), "example", "jdoe");
  });
}
