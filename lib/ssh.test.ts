import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { remoteDocker } from "./docker.ts";
import { type SshEndpoint, sshArguments, sshOptions } from "./ssh.ts";

/** The path has spaces and percent signs, because a checkout can be in any folder. */
const keys = mkdtempSync(path.join(tmpdir(), "swarmbench unit %h "));
after(() => rmSync(keys, { recursive: true }));
writeFileSync(path.join(keys, "id_ed25519"), ""); // ssh leaves out a key file that does not exist

const endpoint: SshEndpoint = {
  host: "127.0.0.1",
  port: 29001,
  user: "root",
  configFile: path.join(keys, "config"),
  sudo: false,
};

/** The settings that the system's `ssh` derives from arguments, by name in lower case. */
function settingsOf(args: string[]): Map<string, string> {
  const lines = execFileSync("ssh", ["-G", ...args], { encoding: "utf8" })
    .trim()
    .split("\n");
  return new Map(lines.map((line) => [line.split(" ", 1)[0] ?? "", line.replace(/^\S+ /, "")]));
}

describe("the system's ssh", () => {
  let settings: Map<string, string>;
  before(async () => {
    const { sshConfig } = await import("../cli/setup/keys.ts");
    writeFileSync(path.join(keys, "config"), sshConfig(keys));
    settings = settingsOf(sshArguments(endpoint));
  });

  it("connects to the endpoint's host and port as its user", () => {
    assert.deepEqual(
      ["hostname", "port", "user"].map((name) => settings.get(name)),
      ["127.0.0.1", "29001", "root"],
    );
  });

  it("offers only the installation's key", () => {
    const file = settings.get("identityfile")?.replaceAll("%%", "%");
    assert.deepEqual([file, settings.get("identitiesonly")], [path.join(keys, "id_ed25519"), "yes"]);
  });

  it("accepts only the pinned host key", () => {
    assert.deepEqual(
      ["stricthostkeychecking", "userknownhostsfile", "hostkeyalias"].map((name) =>
        settings.get(name)?.replaceAll("%%", "%"),
      ),
      ["true", path.join(keys, "known_hosts"), "swarmbench-node"],
    );
  });

  it("never prompts, and times out after ten seconds", () => {
    assert.deepEqual([settings.get("batchmode"), settings.get("connecttimeout")], ["yes", "10"]);
  });

  it("does not read the user's own config", () => {
    const options = sshOptions(endpoint);
    assert.equal(options[options.indexOf("-F") + 1], endpoint.configFile);
  });
});

describe("docker on a node", () => {
  it("is one command line with every argument quoted as a word", async () => {
    const calls: string[][] = [];
    const docker = remoteDocker(endpoint, async (file, args) => {
      calls.push([file, ...args]);
      return "out";
    });
    assert.equal(await docker("ps", "--filter", "name=^a b$"), "out");
    const line = calls[0]?.at(-1) ?? "";
    assert.deepEqual(calls, [["ssh", ...sshArguments(endpoint), line]]);
    assert.equal(
      execFileSync("sh", ["-c", `docker() { printf '<%s>' "$@"; }; ${line}`], { encoding: "utf8" }),
      "<ps><--filter><name=^a b$>",
    );
  });
});
