import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { dockerHost, type SshEndpoint, sshArguments } from "../../../lib/ssh.ts";
import { throughFrontend } from "../../../testbeds/oar/index.ts";
import { overSsh } from "../../lib/remote.ts";
import type { Host, SshAccess } from "./host.ts";
import { cleanAllScript } from "./scripts.ts";
import { writeSshConfig } from "./sshConfig.ts";

/** The path has characters that ssh interprets, because a checkout can be in any folder. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "swarmbench unit %h "));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type SettingsAccess = Extract<SshAccess, { by: "settings" }>;
const settings = (more: Partial<SettingsAccess> = {}): SshAccess => ({
  by: "settings",
  port: 22,
  user: "ann",
  acceptNewHostKeys: false,
  ...more,
});
const host = (access: SshAccess, name = "node1"): Host => ({
  node: { name, role: "agent" },
  address: "a.example",
  access,
});

function endpoint(access: SshAccess): SshEndpoint {
  return writeSshConfig(folder, [host(access)]).get("node1") ?? assert.fail();
}

/** The settings that the system's `ssh` reads from the configuration, by lower-case name. */
function understood(ssh: SshEndpoint, name = ssh.host): Record<string, string> {
  const args = name === ssh.host ? sshArguments(ssh) : ["-F", ssh.configFile, name];
  const text = execFileSync("ssh", ["-G", ...args], { encoding: "utf8" });
  return Object.fromEntries(
    text
      .split("\n")
      .map((line) => [line.split(" ", 1)[0] ?? "", line.replace(/^\S+ /, "").replaceAll("%%", "%")]),
  );
}

describe("the ssh configuration of a machine", () => {
  it("has the machine's address, port and user, and never prompts", () => {
    const { hostname, port, user, batchmode } = understood(endpoint(settings({ port: 2222 })));
    assert.deepEqual([hostname, port, user, batchmode], ["a.example", "2222", "ann", "yes"]);
  });

  it("checks host keys against the user's known hosts by default", () => {
    const { stricthostkeychecking, userknownhostsfile } = understood(endpoint(settings()));
    assert.deepEqual(
      [stricthostkeychecking, userknownhostsfile],
      ["true", path.join(os.homedir(), ".ssh/known_hosts")],
    );
  });

  it("accepts only the configured host keys, and ignores the user's files", () => {
    const ssh = endpoint(settings({ hostKeys: ["ssh-ed25519 AAAA", "ssh-rsa BBBB"] }));
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

  it("accepts unknown host keys only if configured, and stores them in a separate file", () => {
    const set = understood(
      endpoint(settings({ acceptNewHostKeys: true, knownHosts: path.join(folder, "users") })),
    );
    assert.equal(set.stricthostkeychecking, "accept-new");
    assert.equal(set.userknownhostsfile, `${path.join(folder, "known_hosts")} ${path.join(folder, "users")}`);
  });

  it("connects through a jump host with the same key and the same host key check", () => {
    const ssh = endpoint(settings({ jump: "gate@gate.example:2022", key: path.join(folder, "key") }));
    writeFileSync(path.join(folder, "key"), "");
    assert.equal(understood(ssh).proxyjump, "jump");
    const jump = understood(ssh, "jump");
    assert.deepEqual(
      [jump.hostname, jump.port, jump.user, jump.identityfile, jump.stricthostkeychecking],
      ["gate.example", "2022", "gate", path.join(folder, "key"), "true"],
    );
  });

  it("connects through a frontend with the arguments that connect to the frontend", () => {
    const frontend = ["-F", path.join(folder, "config"), "-p", "22", "ann@front"];
    const command =
      understood(endpoint(settings({ proxyCommand: throughFrontend(frontend) }))).proxycommand ?? "";
    // Like ssh: expands the tokens, then runs the shell.
    const run = `ssh() { for word; do printf '<%s>' "$word"; done; }; ${command.replace("[%h]:%p", "[n1]:22")}`;
    assert.equal(
      execFileSync("sh", ["-c", run], { encoding: "utf8" }),
      `<-F><${path.join(folder, "config")}><-p><22><-W><[n1]:22><ann@front>`,
    );
  });

  it("is the user's own if the scenario names an ssh configuration file", () => {
    const file = path.join(folder, "mine");
    writeFileSync(file, "Host a.example\n  HostName 10.1.1.1\n");
    const ssh = endpoint({ by: "file", file, port: 22, user: "ann" });
    assert.equal(understood(ssh).hostname, "10.1.1.1");
    assert.equal(dockerHost(ssh), "ssh://ann@a.example:22");
  });

  it("takes port and user from that file if the scenario has none, and uses sudo depending on that user", () => {
    const file = path.join(folder, "mine");
    writeFileSync(file, "Host a.example\n  Port 2200\n  User bob\n");
    const ssh = endpoint({ by: "file", file });
    const { port, user } = understood(ssh);
    assert.deepEqual([port, user, ssh.sudo, dockerHost(ssh)], ["2200", "bob", true, "ssh://a.example"]);
  });

  it("is kept after its node has moved to another machine, for the commands of destroy", () => {
    const first = endpoint(settings());
    const other = { ...host(settings()), address: "b.example" };
    const second = writeSshConfig(folder, [other]).get("node1") ?? assert.fail();
    assert.deepEqual([understood(first).hostname, understood(second).hostname], ["a.example", "b.example"]);
  });

  it("uses sudo for users other than root", () => {
    assert.deepEqual([endpoint(settings()).sudo, endpoint(settings({ user: "root" })).sudo], [true, false]);
  });
});

describe("a script that runs over ssh", () => {
  const ssh: SshEndpoint = { host: "node1", configFile: "/c", sudo: false };

  /** Runs the script with a fake `ssh`. */
  function run(fake: string, { sudo = false, command = "sh -s", input = "echo out" } = {}) {
    const bin = path.join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      path.join(bin, "ssh"),
      `#!/bin/sh\n[ "$1" = -E ] && LOG=$2\nfor last; do :; done\necho call >> '${folder}/calls'\n${fake}`,
    );
    chmodSync(path.join(bin, "ssh"), 0o755);
    return new Promise<{ code: number; stdout: string; stderr: string; calls: number }>((resolve) => {
      const text = overSsh({ ...ssh, sudo }, command).replace("RETRY_SEC='60'", "RETRY_SEC='2'");
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

  it("is sent through standard input, and its output is returned", async () => {
    const { code, stdout, calls } = await run('exec sh -c "$last"');
    assert.deepEqual([code, stdout, calls], [0, "out\n", 1]);
  });

  it("runs with sudo for users other than root", async () => {
    const { stdout } = await run('echo "$last"', { sudo: true });
    assert.equal(stdout, "sudo -n sh -s\n");
  });

  it("has the exit status and standard error of the remote command", async () => {
    const { code, stderr, calls } = await run('exec sh -c "$last"', { input: "echo bad >&2; exit 3" });
    assert.deepEqual([code, stderr, calls], [3, "bad\n", 1]);
  });

  it("is retried if the connection was refused or lost, and prints its output once", async () => {
    const { code, stdout, calls } = await run(
      `if [ "$(wc -l < '${folder}/calls')" -lt 3 ]; then echo half; echo "Connection refused" >> "$LOG"; exit 255; fi; exec sh -c "$last"`,
    );
    assert.deepEqual([code, stdout, calls], [0, "out\n", 3]);
  });

  it("is not retried if the script itself exits with 255: ssh then logs nothing", async () => {
    const { code, calls } = await run("exit 255");
    assert.deepEqual([code, calls], [255, 1]);
  });

  it("is not retried if the login is rejected, and prints ssh's message", async () => {
    const { code, stderr, calls } = await run(
      'echo "ann@a: Permission denied (publickey)." >> "$LOG"; exit 255',
    );
    assert.deepEqual([code, calls], [255, 1]);
    assert.match(stderr, /Permission denied/);
  });

  it("fails after the retries with the last message", async () => {
    const { code, stderr, calls } = await run('echo "Connection timed out" >> "$LOG"; exit 255');
    assert.equal(code, 255);
    assert.ok(calls > 1);
    assert.equal(stderr, "Connection timed out\n");
  });
});

describe("cleaning machines", () => {
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

  /** Runs the script with a fake `ssh`. */
  function clean(fake: string) {
    const bin = path.join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      path.join(bin, "ssh"),
      `#!/bin/sh\nLOG=$2\nfor last; do before=$now; now=$last; done\nNODE=$before\ncat > '${folder}'/$NODE.script\n${fake}`,
    );
    chmodSync(path.join(bin, "ssh"), 0o755);
    const text = cleanAllScript(machines).replace("RETRY_SEC='20'", "RETRY_SEC='1'");
    return new Promise<{ code: number; stderr: string }>((resolve) => {
      const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, TMPDIR: folder };
      const child = execFile("/bin/sh", ["-s"], { env }, (error, _, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stderr }),
      );
      child.stdin?.end(text);
    });
  }

  it("runs a valid script on each machine, as root", async () => {
    const { code, stderr } = await clean('[ "$NODE" != node2 ] || [ "$last" = "sudo -n sh -s" ] || exit 9');
    assert.deepEqual([code, stderr], [0, ""]);
    for (const { node } of machines) {
      const script = path.join(folder, `${node}.script`);
      execFileSync("sh", ["-n", script]);
      assert.match(readFileSync(script, "utf8"), new RegExp(`^NODE='${node}'$`, "m"));
    }
  });

  it("ignores a machine that does not answer, and names it", async () => {
    const { code, stderr } = await clean(
      '[ "$NODE" != node3 ] || { echo "connect to host: Connection timed out" >> "$LOG"; exit 255; }',
    );
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^node3: does not answer \(.*timed out\) and was not cleaned; .*sudo sh \S+\/clean$/m,
    );
  });

  it("fails if a machine rejects the login or could not be cleaned", async () => {
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
