import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { installationFile, project } from "../lib/paths.ts";
import { scenarioNames } from "../lib/scenarios.ts";
import { readInstallation } from "./shellEnv.ts";
import { keepStackFilesClean } from "./stackFiles.ts";

const SCENARIOS = scenarioNames();
const SALT = "encryptionsalt: v1:abc=:v1:def:ghi==\n";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  for (const name of [".gitattributes", "Pulumi.yaml", ...SCENARIOS.map((one) => `Pulumi.${one}.yaml`)]) {
    // As committed: setup may have added a salt to those of this checkout.
    const text = readFileSync(path.join(project, name), "utf8").replace(/^encryptionsalt: .*\n/m, "");
    writeFileSync(path.join(folder, name), text);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trimEnd();
const stackFile = (scenario = "local") => path.join(folder, `Pulumi.${scenario}.yaml`);

function checkout(): void {
  git("init", "--quiet");
  git("add", ".");
  git("-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message=t");
}

describe("a checkout after setup", () => {
  beforeEach(checkout);

  it("is and stays clean although its stack files have a salt", async () => {
    for (const scenario of SCENARIOS) appendFileSync(stackFile(scenario), SALT);
    await keepStackFilesClean(folder);
    assert.equal(git("status", "--short"), "");
    await keepStackFilesClean(folder);
    assert.equal(git("status", "--short"), "");
    assert.ok(readFileSync(stackFile(), "utf8").endsWith(SALT));
  });

  it("commits no salt with a change of the user's", async () => {
    await keepStackFilesClean(folder);
    writeFileSync(
      stackFile(),
      `${readFileSync(stackFile(), "utf8").replace('nodes: "3"', 'nodes: "5"')}${SALT}`,
    );
    await keepStackFilesClean(folder);
    assert.equal(git("status", "--short"), " M Pulumi.local.yaml");
    git("add", ".");
    assert.match(git("show", ":Pulumi.local.yaml"), /nodes: "5"/);
    assert.doesNotMatch(git("show", ":Pulumi.local.yaml"), /encryptionsalt/);
  });

  for (const secret of [
    "  swarmbench:token:\n    secure: v1:xyz\n",
    "  swarmbench:token: {secure: v1:xyz}\n",
  ]) {
    it(`keeps the salt that secrets are encrypted with: ${JSON.stringify(secret)}`, async () => {
      appendFileSync(stackFile(), secret + SALT);
      await keepStackFilesClean(folder);
      assert.equal(git("status", "--short"), " M Pulumi.local.yaml");
      git("add", ".");
      assert.match(git("show", ":Pulumi.local.yaml"), /encryptionsalt/);
    });
  }

  it("is clean again after a stack file was checked out and got its salt back", async () => {
    await keepStackFilesClean(folder);
    git("checkout", "--quiet", "HEAD", "--", "Pulumi.local.yaml");
    appendFileSync(stackFile(), SALT);
    await keepStackFilesClean(folder);
    assert.equal(git("status", "--short"), "");
  });

  it("stages nothing", async () => {
    writeFileSync(stackFile(), "config: {}\n");
    await keepStackFilesClean(folder);
    assert.equal(git("diff", "--cached", "--name-only"), "");
  });
});

describe("setup outside a checkout", () => {
  it("changes nothing if there is no repository", async () => {
    await keepStackFilesClean(folder);
    assert.ok(!existsSync(path.join(folder, ".git")));
  });

  it("changes nothing in a repository of which the project is only a folder", async () => {
    checkout();
    const below = path.join(folder, "below");
    mkdirSync(below);
    await keepStackFilesClean(below);
    assert.throws(() => git("config", "--local", "filter.swarmbench.clean"));
  });
});

/** The configurations of all scenarios in one file, because Pulumi takes a second for each stack. */
function allScenarios(): string {
  const bodies = SCENARIOS.flatMap((scenario) => {
    const lines = readFileSync(path.join(project, `Pulumi.${scenario}.yaml`), "utf8").split("\n");
    const body = lines.slice(lines.indexOf("config:") + 1).filter((line) => /^ /.test(line));
    return [`  swarmbench:${scenario}:`, ...body.map((line) => `  ${line}`)];
  });
  return `${["config:", ...bodies].join("\n")}\n`;
}

describe("the committed stack files", () => {
  it("are in the form that Pulumi writes", (context) => {
    if (!existsSync(installationFile)) return context.skip("no Pulumi yet: npm run setup");
    const state = path.join(folder, "state");
    mkdirSync(state);
    const env = {
      ...process.env,
      PULUMI_HOME: path.join(folder, "home"),
      PULUMI_BACKEND_URL: `file://${state}`,
      PULUMI_CONFIG_PASSPHRASE: "x",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const committed = allScenarios();
    writeFileSync(stackFile("all"), committed);
    const pulumi = path.join(readInstallation().bin, "pulumi");
    const args = ["stack", "init", "all", "--no-select", "--non-interactive"];
    execFileSync(pulumi, args, { cwd: folder, env, stdio: "pipe" });
    const [, written, salt] =
      /^(.*)(encryptionsalt: .*\n)$/s.exec(readFileSync(stackFile("all"), "utf8")) ?? [];
    assert.equal(written, committed);
    assert.ok(salt);
  });
});
