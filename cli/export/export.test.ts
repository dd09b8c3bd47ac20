import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it, mock } from "node:test";
import { EXIT } from "../../contract/errors.ts";
import { readResults } from "../../results/store.ts";
import { parsed } from "../../test/support/commands.ts";
import { compareCommand } from "../compare/command.ts";
import { run as compareRuns } from "../compare/main.ts";
import { reportCommand } from "../report/command.ts";
import { run as reportRuns } from "../report/main.ts";
import { exportCommand } from "./command.ts";
import { run } from "./main.ts";

const root = mkdtempSync(path.join(tmpdir(), "swarmbench-export-command-"));
after(() => rmSync(root, { recursive: true }));
const fixture = path.resolve(import.meta.dirname, "../../test/fixtures/run-v2");

/** A results folder of its own. */
function resultsIn(name: string): string {
  const folder = path.join(root, name);
  cpSync(fixture, folder, { recursive: true });
  return folder;
}

/** What a command prints and returns. */
async function outputOf<T>(work: () => T | Promise<T>): Promise<{ text: string; code: T }> {
  const lines: string[] = [];
  const log = mock.method(console, "log", (line: string) => void lines.push(line));
  try {
    const code = await work();
    return { code, text: lines.join("\n") };
  } finally {
    log.mock.restore();
  }
}

const exporting = (...args: string[]) => outputOf(() => run(parsed(exportCommand(), args)));

describe("swarmbench export", () => {
  it("writes export/ in the results folder, says what is missing and where to begin", async () => {
    const folder = resultsIn("one");
    const { text } = await exporting(folder);
    assert.match(text, /^warning: no results of step 3: producers 100: /);
    assert.match(text, /\d+ files in .*one\/export; start with .*one\/export\/README\.md$/);
    assert.match(readFileSync(path.join(folder, "export/references.bib"), "utf8"), /The swarmbench authors/);
    assert.deepEqual(
      readResults(path.join(folder, "export")),
      JSON.parse(JSON.stringify(readResults(folder))),
    );
  });

  it("takes another folder, authors and a licence", async () => {
    const out = path.join(root, "paper");
    const orcid = "https://orcid.org/0000-0002-1825-0097";
    await exporting(resultsIn("two"), "--out", out, "--author", `Ada <${orcid}>`, "--license", "CC-BY-4.0");
    const crate = readFileSync(path.join(out, "ro-crate-metadata.json"), "utf8");
    assert.ok(crate.includes(orcid) && crate.includes("https://spdx.org/licenses/CC-BY-4.0"));
  });

  it("refuses a folder that has files, and replaces an export with --force", async () => {
    const folder = resultsIn("three");
    await exporting(folder);
    await assert.rejects(exporting(folder), { code: "export-exists", exitCode: EXIT.usage });
    await exporting(folder, "--force");
    await assert.rejects(exporting(folder, "--out", folder, "--force"), { code: "export-exists" });
  });

  it("refuses authors and licences that it cannot write down", async () => {
    await assert.rejects(exporting(root, "--author", "Ada <x>"), /--author: expected "Name" or/);
    await assert.rejects(
      exporting(root, "--license", "my own"),
      /--license: my own is not an SPDX identifier/,
    );
    await assert.rejects(exporting(path.join(root, "none")), { code: "run-unreadable" });
  });
});

describe("a gate", () => {
  it("on a stored run ends with 3 if the SLO was not met, and writes JUnit XML", async () => {
    const [folder, file] = [resultsIn("gate"), path.join(root, "junit.xml")];
    const args = [folder, "--junit", file];
    assert.equal((await outputOf(() => reportRuns(parsed(reportCommand(), args)))).code, undefined);
    assert.match(readFileSync(file, "utf8"), /<testcase name="3: producers 100"/);
    const gate = await outputOf(() => reportRuns(parsed(reportCommand(), [...args, "--fail-on-slo"])));
    assert.equal(gate.code, EXIT.sloMissed);
  });

  it("writes JUnit XML of one run only", async () => {
    const args = ["a", "b", "--junit", path.join(root, "none.xml")];
    await assert.rejects(
      outputOf(() => reportRuns(parsed(reportCommand(), args))),
      /--junit: name one folder/,
    );
  });

  it("on a comparison passes where nothing is found to be worse", async () => {
    const folders = [resultsIn("a"), resultsIn("b")];
    const file = path.join(root, "compare.xml");
    const args = [...folders, "--out", path.join(root, "compare"), "--junit", file, "--fail-on-worse"];
    assert.equal((await outputOf(() => compareRuns(parsed(compareCommand(), args)))).code, undefined);
    assert.match(readFileSync(file, "utf8"), /<skipped message="cannot tell: /);
    assert.ok(existsSync(path.join(root, "compare/compare.html")));
  });
});
