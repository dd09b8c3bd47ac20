import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { remoteDocker } from "../../components/lib/docker";
import { type SshEndpoint, sshArguments, sshOptions } from "../../components/lib/ssh";

const endpoint = {
  host: "127.0.0.1",
  port: 29001,
  user: "root",
  keyFile: __filename, // ssh leaves out a key file that does not exist
  hostKey: "ssh-ed25519 AAAA",
  knownHostsFile: "/keys/known_hosts",
  hostKeyAlias: "swarmbench-node",
} as SshEndpoint;

/** What the system's own `ssh` understands of arguments: its settings, by name in lower case. */
function understood(args: string[]): Map<string, string> {
  const lines = execFileSync("ssh", ["-G", ...args], { encoding: "utf8" })
    .trim()
    .split("\n");
  return new Map(lines.map((line) => [line.split(" ", 1)[0] ?? "", line.replace(/^\S+ /, "")]));
}

describe("the system's ssh", () => {
  const settings = understood(sshArguments(endpoint));

  it("goes to the endpoint's host, port and user", () => {
    assert.deepEqual(
      ["hostname", "port", "user"].map((name) => settings.get(name)),
      ["127.0.0.1", "29001", "root"],
    );
  });

  it("offers this key alone", () => {
    assert.deepEqual([settings.get("identityfile"), settings.get("identitiesonly")], [__filename, "yes"]);
  });

  it("accepts the pinned host key alone", () => {
    assert.deepEqual(
      ["stricthostkeychecking", "userknownhostsfile", "hostkeyalias"].map((name) => settings.get(name)),
      ["true", "/keys/known_hosts", "swarmbench-node"],
    );
  });

  it("asks nobody and gives up after ten seconds", () => {
    assert.deepEqual([settings.get("batchmode"), settings.get("connecttimeout")], ["yes", "10"]);
  });

  it("does not read the user's own config", () => {
    const options = sshOptions(endpoint);
    assert.equal(options[options.indexOf("-F") + 1], "none");
  });
});

describe("docker on a node", () => {
  it("is one command line in which every argument is a word", async () => {
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
