import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { APT } from "../../../lib/apt.ts";
import { script } from "../../../lib/shell.ts";
import { FakeMachine, type Outcome, parses } from "../../../test/support/fakeDocker.ts";
import { nodeFile } from "./nodeFiles.ts";

/** A fake engine: its objects are lines of files. It does not answer while there is a file `broken`. */
const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
echo "$*" >> calls
[ ! -f broken ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
get() { [ ! -f "$1" ] || cat "$1"; }
case "$*" in
  info) ;;
  "info --format {{.ID}}") echo engine ;;
  "info --format {{.Swarm.LocalNodeState}}") echo inactive ;;
  "info --format {{json .RegistryConfig}}") echo '{"10.0.0.1:5000":{}}' ;;
  *"--quiet --filter label="*) ;;
  "ps --all --format container {{.Names}}") get containers | sed 's/^/container /' ;;
  "volume ls --format volume {{.Name}}") get volumes | sed 's/^/volume /' ;;
  "network ls --format {{.Name}}") printf 'bridge\\nhost\\nnone\\n'; get networks ;;
  "images --format image {{.Repository}}:{{.Tag}}") get images | sed 's/^/image /' ;;
  "images --all --digests "* | "images --format {{.Repository}}:{{.Tag}} swarmbench/registry" | "images --quiet "*) ;;
  "network rm docker_gwbridge" | "network inspect docker_gwbridge") exit 1 ;;
  ps\\ --quiet) get containers ;;
  *) echo "the fake does not know: docker $*" >&2; exit 1 ;;
esac
`;
const logged = (name: string) => `#!/bin/sh\necho "${name} $*" >> "$FAKE/calls"\n`;
const IP = `#!/bin/sh\ncase "$*" in *"address show") echo '1: eth0    inet 10.0.0.1/24 scope global eth0' ;; esac\n`;
/** Folders of a real machine, which are below the fake machine's folder here. */
const FOLDERS = /\/(var\/lib|var\/run|etc\/docker|run\/systemd|proc)\b/g;

const machines: FakeMachine[] = [];
function machine(): FakeMachine {
  const made = new FakeMachine({}, DOCKER).program("ip", IP);
  for (const name of ["service", "apt-get", "modprobe", "gpasswd", "curl", "usermod"]) {
    made.program(name, logged(name));
  }
  for (const name of [
    "keep",
    "var/lib/docker/containers",
    "var/lib/docker/volumes",
    "etc/docker",
    "proc/self/ns",
  ]) {
    mkdirSync(path.join(made.directory, name), { recursive: true });
  }
  mkdirSync(path.join(made.directory, "var/run"));
  symlinkSync("pid:[1]", path.join(made.directory, "proc/self/ns/pid"));
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

function parameters(m: FakeMachine, owner: string, full = false): Record<string, string> {
  const at = (name: string) => path.join(m.directory, name);
  return {
    NODE: "node2",
    OWNER: owner,
    KEEP: at("keep"),
    LIB: at("keep"),
    CLOCK: at("clocks"),
    MARK: at("mark"),
    REGISTRY: "10.0.0.1:5000",
    REGISTRY_IMAGE: "swarmbench/registry",
    STACK_LABEL: "swarmbench.stack=s",
    OWNER_LABEL: "swarmbench.owner=o",
    FULL: full ? "yes" : "no",
  };
}

const inside = (m: FakeMachine, name: "prepare.sh" | "clean.sh") =>
  `${APT}\n${nodeFile(name)}`.replaceAll(FOLDERS, (folder) => path.join(m.directory, folder));
const clean = (m: FakeMachine, full = false): Promise<Outcome> =>
  m.script(script(parameters(m, "me", full), inside(m, "clean.sh")));
const prepare = (m: FakeMachine, owner: string): Promise<Outcome> =>
  m.script(
    script(
      {
        ...parameters(m, owner),
        USER_NAME: "root",
        ADDRESS: "10.0.0.1",
        DAEMON: '{"insecure-registries":["10.0.0.1:5000"]}',
        CLEAN: `# of ${owner}`,
      },
      inside(m, "prepare.sh"),
    ),
  );

/** A machine whose Docker came with the stack. */
function withOurDocker(): FakeMachine {
  const m = machine();
  m.write("keep/owner", "me");
  m.write("keep/before", "");
  m.write("keep/packages", "docker.io");
  return m;
}
const isPurged = (m: FakeMachine) =>
  m.calls.some((call) => call.startsWith("apt-get") && call.includes(" purge "));

describe("the scripts of a machine", () => {
  for (const name of ["prepare.sh", "clean.sh", "inspect.sh"] as const) {
    it(`are valid sh: ${name}`, async () => assert.equal(await parses(nodeFile(name)), ""));
  }
});

describe("cleanup: full, on a machine whose Docker came with the stack", () => {
  it("removes Docker and its data if nobody else uses it", async () => {
    const m = withOurDocker();
    m.write("images", "<none>:<none>"); // an earlier version of the stack's own
    const { code, stderr } = await clean(m, true);
    assert.equal(code, 0, stderr);
    assert.ok(isPurged(m));
    assert.equal(m.read("var/lib/docker"), undefined);
    assert.deepEqual(m.list("var/lib"), []);
  });

  const others: [what: string, file: string, text: string, named: string][] = [
    ["a container", "containers", "database", "container database"],
    ["a volume", "volumes", "photos", "volume photos"],
    ["a network", "networks", "site_default", "network site_default"],
    ["an image", "images", "postgres:17", "image postgres:17"],
  ];
  for (const [what, file, text, named] of others) {
    it(`keeps both, and says why, if others have ${what} on it by now`, async () => {
      const m = withOurDocker();
      m.write(file, text);
      const { code, stderr } = await clean(m, true);
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        new RegExp(`node2: its Docker and the data were kept.*: ${named}\\. .*docker\\.io`),
      );
      assert.ok(!isPurged(m));
      assert.deepEqual(m.list("var/lib"), ["docker"]);
      assert.equal(m.read("keep/owner"), undefined, "the machine is free for other stacks");
    });
  }

  it("keeps data that it can only see in the folder, because the engine does not answer", async () => {
    const m = withOurDocker();
    m.write("broken", "yes");
    mkdirSync(path.join(m.directory, "var/lib/docker/volumes/photos"));
    const { code, stderr } = await clean(m, true);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /were kept.*volumes\/photos/);
    assert.ok(!isPurged(m));
  });

  it("does nothing on a machine of another stack", async () => {
    const m = withOurDocker();
    m.write("keep/owner", "another");
    const { code, stderr } = await clean(m, true);
    assert.deepEqual([code, m.calls], [0, []]);
    assert.match(stderr, /is used by another stack and was not cleaned: another/);
  });
});

describe("a machine that two stacks want at one instant", () => {
  it("is given to exactly one of them, and the other learns to whom", async () => {
    for (let round = 0; round < 5; round += 1) {
      const m = machine();
      const owners = ["one", "two", "three", "four"];
      const outcomes = await Promise.all(owners.map((owner) => prepare(m, owner)));
      const winner = m.read("keep/owner") ?? "";
      for (const [index, owner] of owners.entries()) {
        const { code, stderr } = outcomes[index] as Outcome;
        assert.equal(code, owner === winner ? 0 : 1, stderr);
        if (owner !== winner) assert.match(stderr, new RegExp(`node2: is used by another stack: ${winner}`));
      }
      assert.equal(m.read("keep/clean"), `# of ${winner}`);
    }
  });

  it("stays that of its stack when it is prepared again", async () => {
    const m = machine();
    assert.equal((await prepare(m, "one")).code, 0);
    assert.equal((await prepare(m, "one")).code, 0);
    assert.deepEqual(
      m.list("keep").filter((name) => name.startsWith("owner")),
      ["owner"],
    );
  });
});

describe("the process id of an engine that is gone", () => {
  /** Cleans a machine on which another process has the id, and returns the signal that it got. */
  async function signalTo(comm: string, namespace: string): Promise<NodeJS.Signals | "none"> {
    const m = withOurDocker();
    m.write("keep/daemon.ours", "{}");
    m.write("etc/docker/daemon.json", "{}");
    const victim = spawn("sleep", ["60"]);
    const ended = once(victim, "exit");
    try {
      m.write("var/run/docker.pid", String(victim.pid));
      mkdirSync(path.join(m.directory, `proc/${victim.pid}/ns`), { recursive: true });
      m.write(`proc/${victim.pid}/comm`, comm);
      symlinkSync(namespace, path.join(m.directory, `proc/${victim.pid}/ns/pid`));
      assert.equal((await clean(m)).code, 0);
      victim.kill("SIGTERM"); // after a HUP, which came first, it is not sent
      const [, signal] = await ended;
      return signal === "SIGTERM" ? "none" : signal;
    } finally {
      victim.kill("SIGKILL");
    }
  }

  it("gets no signal if another program has it, or the engine of a container", async () => {
    assert.equal(await signalTo("postgres", "pid:[1]"), "none");
    assert.equal(await signalTo("dockerd", "pid:[2]"), "none");
  });

  it("gets a HUP if it is this machine's engine, which then reads its configuration again", async () => {
    assert.equal(await signalTo("dockerd", "pid:[1]"), "SIGHUP");
  });

  it("may be no number", async () => {
    const m = withOurDocker();
    for (const text of ["", "-1", "1; reboot", "self"]) {
      m.write("var/run/docker.pid", text);
      m.write("keep/owner", "me");
      assert.equal((await clean(m)).code, 0, text);
      mkdirSync(path.join(m.directory, "keep"), { recursive: true });
    }
  });
});
