import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { programFor } from "../program.ts";
import { unknownCommands } from "./commands.ts";

const project = path.resolve(import.meta.dirname, "../..");
const folder = path.join(project, "docs/examples");
const { scripts } = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8"));

/** The parts of a workflow of GitHub Actions that its commands depend on. */
const workflowSchema = z.object({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  jobs: z.record(
    z.string(),
    z.object({
      "runs-on": z.union([z.string(), z.array(z.string())]),
      steps: z.array(
        z.union([z.object({ run: z.string() }), z.object({ uses: z.string().regex(/^[\w/-]+@v\d+$/) })]),
      ),
    }),
  ),
});

const files = readdirSync(folder).filter((name) => name.endsWith(".yml"));

for (const file of files) {
  it(`an example of a workflow runs commands that exist, with their options: ${file}`, async () => {
    const workflow = workflowSchema.parse(parse(readFileSync(path.join(folder, file), "utf8")));
    const lines = Object.values(workflow.jobs).flatMap(({ steps }) =>
      steps.flatMap((step) => ("run" in step ? step.run.split("\n") : [])),
    );
    const code = lines.map((text, index) => ({ line: index + 1, text }));
    const page = { file, anchors: [], links: [], code };
    const program = await programFor(undefined);
    assert.deepEqual(unknownCommands([page], { program, scripts, tests: new Set() }), []);
    assert.ok(lines.some((line) => line.includes("--junit")));
    const wrong = { ...page, code: [{ line: 1, text: "npm run bench -- --junitt x" }] };
    assert.equal(unknownCommands([wrong], { program, scripts, tests: new Set() }).length, 1);
  });
}
