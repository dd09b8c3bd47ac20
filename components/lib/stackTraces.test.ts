import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { it } from "node:test";

it("a stack trace shows source positions in this project and compiled positions in libraries", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "swarmbench-test-"));
  const program = path.join(directory, "program.ts");
  const [own, library] = ["components/lib/stackTraces", "node_modules/@pulumi/pulumi"].map((name) =>
    path.resolve(import.meta.dirname, "../..", name),
  );
  writeFileSync(
    program,
    `import ${JSON.stringify(own)};
import { CustomResource } from ${JSON.stringify(library)};

// Comment lines shift the compiled position.
interface Thrown {
  message: string;
}
function fails({ message }: Thrown): never {
  throw new Error(message);
}
try {
  [1].forEach(() => fails({ message: "it" }));
} catch (error) {
  console.log((error as Error).stack);
}
try {
  new CustomResource("", "nameless");
} catch (error) {
  console.log((error as Error).stack);
}
`,
  );
  try {
    const shown = execFileSync(process.execPath, ["--import", "tsx", program], { encoding: "utf8" });
    assert.match(shown, /^Error: it\n {4}at fails \(\S+program\.ts:9:9\)\n/);
    assert.match(shown, /node_modules\/@pulumi\/pulumi\/resource\.js:\d+:\d+\)/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
