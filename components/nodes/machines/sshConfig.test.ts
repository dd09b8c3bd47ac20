import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { dockerHost, type SshEndpoint, sshArguments } from "../../../lib/ssh.ts";
import { throughFrontend } from "../../../testbeds/oar/index.ts";
import { overSsh } from "../../lib/remote.ts";
import type { Host, Way } from "./host.ts";
import { cleanAllScript } from "./scripts.ts";
import { writeSshConfig } from "./sshConfig.ts";

/** A checkout may lie anywhere. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "swarmbench unit %h "));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Ours = Extract<Way, { by: "ours" }>;
const ours = (more: Partial<Ours> = {}): Way => ({
  by: "ours",
  port: 22,
  user: "ann",
  acceptNewHostKeys: false,
  ...more,
});
const host = (way: Way, name = "node1"): Host => ({
  node: { name, role: "agent" },
  address: "a.example",
  way,
});

function endpoint(way: Way): SshEndpoint {
  return writeSshConfig(folder, [host(way)]).get("node1") ?? assert.fail();
}

/** What the system's own `ssh` understands: its settings, by name in lower case. */
function understood(ssh: SshEndpoint, name = ssh.host): Record<string, string> {
  const args = name === ssh.host ? sshArguments(ssh) : ["-F", ssh.configFile, name];
  const text = execFileSync("ssh", ["-G", ...args], { encoding: "utf8" });
  return Object.fromEntries(
    text
      .split("\n")
      .map((line) => [line.split(" ", 1)[0] ?? "", line.replace(/^\S+ /, "").replaceAll("%%", "%")]),
  );
}

describe("the way to a machine", () => {
  it("goes to its address, port and user, and asks nobody", () => {
    const { hostname, port, user, batchmode } = understood(endpoint(ours({ port: 2222 })));
    assert.deepEqual([hostname, port, user, batchmode], ["a.example", "2222", "ann", "yes"]);
  });

  it("checks the host key with the user's known hosts where nothing else is said", () => {
    const { stricthostkeychecking, userknownhostsfile } = understood(endpoint(ours()));
    assert.deepEqual(
      [stricthostkeychecking, userknownhostsfile],
      ["true", path.join(os.homedir(), ".ssh/known_hosts")],
    );
  });

  it("accepts the pinned host keys alone, which no file of the user's can add to", () => {
    const ssh = endpoint(ours({ hostKeys: ["ssh-ed25519 AAAA", "ssh-rsa BBBB"] }));
    const set = understood(ssh);
    assert.deepEqual(
      [set.stricthostkeychecking, set.userknownhostsfile, set.globalknownhostsfile],
      ["true", path.join(folder, "a.example-22.hosts"), "/dev/null"],
    );
    assert.equal(
      readFileSync(path.join(folder, "a.example-22.hosts"), "utf8"),
      `${set.hostkeyalias} ssh-ed25519 AAAA\n${set.hostkeyalias} ssh-rsa BBBB\n`,
    );
  });

  it("trusts who answers first only where that is asked for, and remembers it in a file of ours", () => {
    const set = understood(
      endpoint(ours({ acceptNewHostKeys: true, knownHosts: path.join(folder, "theirs") })),
    );
    assert.equal(set.stricthostkeychecking, "accept-new");
    assert.equal(
      set.userknownhostsfile,
      `${path.join(folder, "known_hosts")} ${path.join(folder, "theirs")}`,
    );
  });

  it("leads through a jump host, which is reached with the same key and checked in the same way", () => {
    const ssh = endpoint(ours({ jump: "gate@gate.example:2022", key: path.join(folder, "key") }));
    writeFileSync(path.join(folder, "key"), "");
    assert.equal(understood(ssh).proxyjump, "jump");
    const jump = understood(ssh, "jump");
    assert.deepEqual(
      [jump.hostname, jump.port, jump.user, jump.identityfile, jump.stricthostkeychecking],
      ["gate.example", "2022", "gate", path.join(folder, "key"), "true"],
    );
  });

  it("leads on from a frontend by the words that lead to it", () => {
    const frontend = ["-F", path.join(folder, "config"), "-p", "22", "ann@front"];
    const command =
      understood(endpoint(ours({ proxyCommand: throughFrontend(frontend) }))).proxycommand ?? "";
    // As ssh does: what it expands, then the shell.
    const run = `ssh() { for word; do printf '<%s>' "$word"; done; }; ${command.replace("[%h]:%p", "[n1]:22")}`;
    assert.equal(
      execFileSync("sh", ["-c", run], { encoding: "utf8" }),
      `<-F><${path.join(folder, "config")}><-p><22><-W><[n1]:22><ann@front>`,
    );
  });

  it("is the user's own where the scenario names a file of ssh", () => {
    const file = path.join(folder, "mine");
    writeFileSync(file, "Host a.example\n  HostName 10.1.1.1\n");
    const ssh = endpoint({ by: "file", file, port: 22, user: "ann" });
    assert.equal(understood(ssh).hostname, "10.1.1.1");
    assert.equal(dockerHost(ssh), "ssh://ann@a.example:22");
  });

  it("leaves port and user to that file where the scenario names none, and takes sudo by whose login it is", () => {
    const file = path.join(folder, "mine");
    writeFileSync(file, "Host a.example\n  Port 2200\n  User bob\n");
    const ssh = endpoint({ by: "file", file });
    const { port, user } = understood(ssh);
    assert.deepEqual([port, user, ssh.sudo, dockerHost(ssh)], ["2200", "bob", true, "ssh://a.example"]);
  });

  it("stays where another machine takes its node's place, for the commands of destroy", () => {
    const first = endpoint(ours());
    const other = { ...host(ours()), address: "b.example" };
    const second = writeSshConfig(folder, [other]).get("node1") ?? assert.fail();
    assert.deepEqual([understood(first).hostname, understood(second).hostname], ["a.example", "b.example"]);
  });

  it("is through sudo for whoever is not root", () => {
    assert.deepEqual([endpoint(ours()).sudo, endpoint(ours({ user: "root" })).sudo], [true, false]);
  });
});

describe("a script that runs over ssh", () => {
  const ssh: SshEndpoint = { host: "node1", configFile: "/c", sudo: false };

  /** Runs it with an `ssh` that is this shell text. */
  function run(fake: string, { sudo = false, command = "sh -s", input = "echo out" } = {}) {
    const bin = path.join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      path.join(bin, "ssh"),
      `#!/bin/sh\n[ "$1" = -E ] && LOG=$2\nfor last; do :; done\necho call >> '${folder}/calls'\n${fake}`,
    );
    chmodSync(path.join(bin, "ssh"), 0o755);
    return new Promise<{ code: number; stdout: string; stderr: string; calls: number }>((resolve) => {
      const text = overSsh({ ...ssh, sudo }, command).replace("PATIENCE='60'", "PATIENCE='2'");
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, TMPDIR: folder };
      const child = execFile("/bin/sh", ["-c", text], { env }, (error, stdout, stderr) => {
        const calls = existsSync(path.join(folder, "calls"))
          ? readFileSync(path.join(folder, "calls"), "utf8").trim().split("\n").length
          : 0;
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr, calls });
      });
      child.stdin?.end(input);
    });
  }

  it("comes through standard input, and gives what it prints", async () => {
    const { code, stdout, calls } = await run('exec sh -c "$last"');
    assert.deepEqual([code, stdout, calls], [0, "out\n", 1]);
  });

  it("is root's, by sudo, where the user is another", async () => {
    const { stdout } = await run('echo "$last"', { sudo: true });
    assert.equal(stdout, "sudo -n sh -s\n");
  });

  it("ends as it ended there, with what it wrote to standard error", async () => {
    const { code, stderr, calls } = await run('exec sh -c "$last"', { input: "echo bad >&2; exit 3" });
    assert.deepEqual([code, stderr, calls], [3, "bad\n", 1]);
  });

  it("is tried again where the connection was refused or lost, and prints once", async () => {
    const { code, stdout, calls } = await run(
      `if [ "$(wc -l < '${folder}/calls')" -lt 3 ]; then echo half; echo "Connection refused" >> "$LOG"; exit 255; fi; exec sh -c "$last"`,
    );
    assert.deepEqual([code, stdout, calls], [0, "out\n", 3]);
  });

  it("is not tried again where it ended with 255 itself: then ssh says nothing", async () => {
    const { code, calls } = await run("exit 255");
    assert.deepEqual([code, calls], [255, 1]);
  });

  it("is not tried again where ssh was refused for good, and ssh's own words are shown", async () => {
    const { code, stderr, calls } = await run(
      'echo "ann@a: Permission denied (publickey)." >> "$LOG"; exit 255',
    );
    assert.deepEqual([code, calls], [255, 1]);
    assert.match(stderr, /Permission denied/);
  });

  it("is given up after a while, with the last reason", async () => {
    const { code, stderr, calls } = await run('echo "Connection timed out" >> "$LOG"; exit 255');
    assert.equal(code, 255);
    assert.ok(calls > 1);
    assert.equal(stderr, "Connection timed out\n");
  });
});

describe("taking all off machines", () => {
  const owner = { prefix: "p", directory: "/d" };
  const machines = ["node1", "node2", "node3"].map((node) => ({
    node,
    owner,
    ownerLine: "me",
    registry: "10.0.0.1:5000",
    registryImage: "registry",
    full: false,
    ssh: { host: node, configFile: "/c", sudo: node === "node2" },
  }));

  /** Runs it with an `ssh` that does this for a node. */
  function clean(fake: string) {
    const bin = path.join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      path.join(bin, "ssh"),
      `#!/bin/sh\nLOG=$2\nfor last; do before=$now; now=$last; done\nNODE=$before\ncat > '${folder}'/$NODE.script\n${fake}`,
    );
    chmodSync(path.join(bin, "ssh"), 0o755);
    const text = cleanAllScript(machines).replace("PATIENCE='20'", "PATIENCE='1'");
    return new Promise<{ code: number; stderr: string }>((resolve) => {
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, TMPDIR: folder };
      const child = execFile("/bin/sh", ["-s"], { env }, (error, _, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stderr }),
      );
      child.stdin?.end(text);
    });
  }

  it("runs on each what can be parsed there, as root", async () => {
    const { code, stderr } = await clean('[ "$NODE" != node2 ] || [ "$last" = "sudo -n sh -s" ] || exit 9');
    assert.deepEqual([code, stderr], [0, ""]);
    for (const { node } of machines) {
      const script = path.join(folder, `${node}.script`);
      execFileSync("sh", ["-n", script]);
      assert.match(readFileSync(script, "utf8"), new RegExp(`^NODE='${node}'$`, "m"));
    }
  });

  it("does not mind a machine that does not answer, and names it", async () => {
    const { code, stderr } = await clean(
      '[ "$NODE" != node3 ] || { echo "connect to host: Connection timed out" >> "$LOG"; exit 255; }',
    );
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^node3: does not answer \(.*timed out\), and was not cleaned; .*sudo sh \S+\/clean$/m,
    );
  });

  it("fails where a machine is there and does not let us in, or could not be cleaned", async () => {
    const denied = await clean(
      '[ "$NODE" != node1 ] || { echo "Permission denied (publickey)." >> "$LOG"; exit 255; }',
    );
    assert.equal(denied.code, 1);
    assert.match(denied.stderr, /^node1: was not cleaned: Permission denied/m);
    const failed = await clean(
      '[ "$NODE" != node2 ] || { echo "node2: could not leave the swarm" >&2; exit 1; }',
    );
    assert.equal(failed.code, 1);
  });
});
