import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { sshWords } from "../../lib/ssh.ts";
import { FakeMachine, parses } from "../../test/support/fakeDocker.ts";
import {
  admitScript,
  drainCommand,
  initScript,
  inviteScript,
  joinScript,
  leaveCommand,
  leaveOverSshScript,
  removeEntriesCommand,
} from "./swarmScripts.ts";

const machines: FakeMachine[] = [];
function machine(state?: Record<string, string>): FakeMachine {
  const made = new FakeMachine(state);
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

const init = initScript({
  node: "node1",
  address: "10.9.8.10",
  addressPool: "10.176.0.0/16",
  dataPathPort: 4789,
  machine: "engine container",
});
const join = joinScript({
  node: "node2",
  address: "10.9.8.11",
  manager: "10.9.8.10",
  swarmId: "swarm1",
  token: "SWMTKN-secret",
  machine: "engine container",
});
const admit = (nodeId: string) =>
  admitScript({ node: "node2", nodeId, labels: { role: "broker" }, machine: "m" });
const drain = drainCommand("node2", 30);

const LEAVE = "swarm leave --force";
const INIT = "swarm init --advertise-addr 10.9.8.10 --default-addr-pool 10.176.0.0/16 --data-path-port 4789";
const JOIN = `POST /swarm/join ${JSON.stringify({
  ListenAddr: "0.0.0.0:2377",
  AdvertiseAddr: "10.9.8.11",
  RemoteAddrs: ["10.9.8.10:2377"],
  JoinToken: "SWMTKN-secret",
})}`;

describe("every script is valid sh:", () => {
  const scripts = {
    init,
    invite: inviteScript({ node: "node2", swarmId: "swarm1" }),
    join,
    admit: admit("n2"),
    drain,
    leave: leaveCommand(),
    "strike off": removeEntriesCommand("node2"),
  };
  for (const [name, text] of Object.entries(scripts)) {
    it(name, async () => assert.equal(await parses(text), ""));
  }
});

describe("init", () => {
  it("initializes a swarm on an engine without one, and prints only the swarm's id", async () => {
    const m = machine();
    assert.deepEqual(await m.script(init), { code: 0, stdout: "swarm-new\n", stderr: "" });
    assert.deepEqual(m.changes, [INIT]);
  });

  it("marks the swarm as created by swarmbench", async () => {
    const m = machine();
    await m.script(init);
    assert.equal(m.read("mark"), "swarm-new");
  });

  it("hides the join token, which `docker swarm init` prints", async () => {
    const { stdout, stderr } = await machine().script(init);
    assert.doesNotMatch(stdout + stderr, /SWMTKN/);
  });

  it("changes nothing if the engine already manages the stack's swarm", async () => {
    const m = machine({ state: "active", control: "true", cluster: "swarm1", mark: "swarm1" });
    assert.equal((await m.script(init)).stdout, "swarm1\n");
    assert.deepEqual([m.changes, m.read("mark")], [[], "swarm1"]);
  });

  it("can be run twice", async () => {
    const m = machine();
    const first = await m.script(init);
    assert.deepEqual((await m.script(init, "again")).stdout, first.stdout);
    assert.deepEqual(m.changes, [INIT]);
  });

  it("uses the configured port for the overlay networks", async () => {
    const m = machine();
    const other = { node: "node1", address: "10.9.8.10", addressPool: "10.176.0.0/16", machine: "m" };
    await m.script(initScript({ ...other, dataPathPort: 8473 }));
    assert.deepEqual(m.changes, [INIT.replace("4789", "8473")]);
  });

  it("fails if the swarm has another port for the overlay networks, which it cannot change", async () => {
    const m = machine({ state: "active", control: "true", cluster: "swarm1", mark: "swarm1", port: "8473" });
    const { code, stdout, stderr } = await m.script(init);
    assert.deepEqual([code, stdout, m.changes], [1, "", []]);
    assert.match(
      stderr,
      /uses UDP port 8473 .* cannot change it to 4789: set swarmbench:swarm\.dataPathPort to 8473/,
    );
    assert.match(stderr, /destroy the stack first/);
  });

  it("continues with a swarm that it created before an interruption", async () => {
    const m = machine({ state: "active", control: "true", cluster: "swarm1", mark: "pending" });
    assert.equal((await m.script(init)).stdout, "swarm1\n");
    assert.deepEqual([m.changes, m.read("mark")], [[], "swarm1"]);
  });

  for (const state of ["active", "pending", "error", "locked"]) {
    it(`refuses an engine that is ${state} in a foreign swarm, and does not change it`, async () => {
      const m = machine({ state, control: "true", cluster: "foreign" });
      const { code, stdout, stderr } = await m.script(init);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /node1 is already in a swarm that this stack did not create.*docker swarm leave/);
      assert.deepEqual([m.changes, m.read("mark")], [[], undefined]);
    });
  }

  for (const [what, state] of Object.entries({
    "is a worker in our swarm": { state: "active", control: "false" },
    "is pending in our swarm": { state: "pending", control: "false" },
    "cannot manage the stack's swarm": { state: "error", control: "false" },
    "is locked out of the stack's swarm": { state: "locked", control: "false" },
  })) {
    it(`never leaves the swarm on the manager: fails if the engine ${what}`, async () => {
      const m = machine({ ...state, mark: "swarm1" });
      const { code, stderr } = await m.script(init);
      assert.equal(code, 1);
      assert.match(stderr, /node1 must be the manager of its swarm.*docker swarm leave --force/);
      assert.deepEqual([m.changes, m.read("mark")], [[], "swarm1"]);
    });
  }

  it("waits for an engine that has just started", async () => {
    const m = machine({ state: "pending", control: "true", cluster: "swarm1", mark: "swarm1" });
    m.write("tick", "[ $(cat clock) -lt 1005 ] || echo active > state");
    assert.equal((await m.script(init)).stdout, "swarm1\n");
  });

  it("fails if the engine does not answer", async () => {
    const m = machine({ broken: "yes" });
    assert.notEqual((await m.script(init)).code, 0);
  });

  it("fails if the engine does not report the swarm's id", {}, async () => {
    const m = machine({ state: "active", control: "true", cluster: "", mark: "swarm1" });
    assert.notEqual((await m.script(init)).code, 0);
  });
});

describe("invite", () => {
  it("prints only the token", async () => {
    const m = machine({ state: "active", control: "true" });
    const outcome = await m.script(inviteScript({ node: "node2", swarmId: "swarm1" }));
    assert.deepEqual(outcome, { code: 0, stdout: "SWMTKN-secret\n", stderr: "" });
  });

  it("changes with the swarm, so that the node is invited to the new one", () => {
    assert.notEqual(
      inviteScript({ node: "node2", swarmId: "swarm1" }),
      inviteScript({ node: "node2", swarmId: "swarm2" }),
    );
  });
});

describe("join", () => {
  const member = { state: "active", nodeId: "n2", mark: "swarm1" };

  it("adds an engine without a swarm to the stack's swarm, and prints only the node's id", async () => {
    const m = machine();
    const { code, stdout } = await m.script(join);
    assert.deepEqual([code, stdout], [0, "node-new\n"]);
    assert.deepEqual([m.changes, m.read("mark")], [[JOIN], "swarm1"]);
  });

  it("changes nothing if the engine is already in the swarm", async () => {
    const m = machine(member);
    assert.equal((await m.script(join)).stdout, "n2\n");
    assert.deepEqual(m.changes, []);
  });

  it("can be run twice", async () => {
    const m = machine();
    await m.script(join);
    assert.equal((await m.script(join, "again")).stdout, "node-new\n");
    assert.deepEqual(m.changes, [JOIN]);
  });

  it("leaves a previous swarm of the stack first", async () => {
    const m = machine({ ...member, mark: "swarm0" });
    assert.equal((await m.script(join)).stdout, "node-new\n");
    assert.deepEqual([m.changes, m.read("mark")], [[LEAVE, JOIN], "swarm1"]);
  });

  for (const state of ["pending", "error"]) {
    it(`leaves the stack's swarm first if its state there is ${state}`, async () => {
      const m = machine({ ...member, state });
      assert.equal((await m.script(join)).stdout, "node-new\n");
      assert.deepEqual(m.changes, [LEAVE, JOIN]);
    });
  }

  it("refuses an engine in a foreign swarm, and does not change it", async () => {
    const m = machine({ state: "active", nodeId: "foreign" });
    const { code, stdout, stderr } = await m.script(join);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /node2 is already in a swarm that this stack did not create/);
    assert.deepEqual([m.changes, m.read("mark")], [[], undefined]);
  });

  it("replaces a membership that the manager no longer accepts", async () => {
    const m = machine(member);
    assert.equal((await m.script(join, "2026-01-01T00:00:00.000Z", "n2")).stdout, "node-new\n");
    assert.deepEqual(m.changes, [LEAVE, JOIN]);
  });

  it("keeps its membership if the manager rejects another one", async () => {
    const m = machine(member);
    assert.equal((await m.script(join, "2026-01-01T00:00:00.000Z", "n1")).stdout, "n2\n");
    assert.deepEqual(m.changes, []);
  });

  it("keeps its membership if the script only runs again", async () => {
    const m = machine(member);
    await m.script(join, "n2");
    assert.deepEqual(m.changes, []);
  });

  it("tries again after an interrupted attempt", async () => {
    const m = machine({ mark: "swarm1" });
    assert.equal((await m.script(join)).stdout, "node-new\n");
    assert.deepEqual(m.changes, [JOIN]);
  });

  it("waits for an engine that continues to join after Docker's own timeout", async () => {
    const joined = "echo active > state; echo false > control; echo node-new > nodeId";
    const m = machine({ slow: "yes", tick: `[ "$now" -lt 10 ] || { ${joined}; }` });
    assert.deepEqual(await m.script(join), { code: 0, stdout: "node-new\n", stderr: "" });
    const never = await machine({ slow: "yes" }).script(join);
    assert.equal(never.code, 1);
    assert.match(
      never.stderr,
      /^timed out after 80 s waiting for node2 to join the swarm of 10\.9\.8\.10:2377: .*in the background/,
    );
  });

  it("fails if the engine does not answer", async () => {
    assert.notEqual((await machine({ broken: "yes" }).script(join)).code, 0);
  });
});

describe("admit", () => {
  const manager = () => machine({ state: "active", nodeId: "n1" }).node("n1", { hostname: "node1" });

  it("labels a ready node, makes it available, and prints only its id", async () => {
    const m = manager().node("n2", { hostname: "node2" });
    m.write("nodes/n2/availability", "drain");
    assert.deepEqual(await m.script(admit("n2")), { code: 0, stdout: "n2\n", stderr: "" });
    assert.deepEqual([m.read("nodes/n2/role"), m.read("nodes/n2/availability")], ["broker", "active"]);
  });

  it("removes outdated entries of the node, and no other node", async () => {
    const m = manager()
      .node("n2", { hostname: "node2" })
      .node("old-a", { hostname: "node2", status: "down" })
      .node("old-b", { hostname: "node2", status: "down" })
      .node("n20", { hostname: "node20", status: "down" });
    assert.equal((await m.script(admit("n2"))).stdout, "n2\n");
    const removed = m.changes.filter((call) => call.startsWith("node rm"));
    assert.deepEqual(removed, ["node rm --force old-a", "node rm --force old-b"]);
  });

  it('never removes the manager itself, which is passed as "self"', async () => {
    const m = machine({ state: "active", nodeId: "n1" })
      .node("n0", { hostname: "node1", status: "down" })
      .node("n1", { hostname: "node1" });
    const script = admitScript({ node: "node1", nodeId: "self", labels: { role: "monitor" }, machine: "m" });
    assert.equal((await m.script(script)).stdout, "n1\n");
    assert.deepEqual(
      [m.read("nodes/n0/id"), m.read("nodes/n1/id"), m.read("nodes/n1/role")],
      [undefined, "n1", "monitor"],
    );
  });

  it("waits until the manager reports the node as ready", async () => {
    const m = manager().node("n2", { hostname: "node2", status: "unknown" });
    m.write("tick", '[ "$now" -lt 1010 ] || echo ready > nodes/n2/status');
    assert.equal((await m.script(admit("n2"))).stdout, "n2\n");
    assert.equal(m.read("clock"), "1010");
  });

  it("waits for a node that the manager does not list yet", async () => {
    const m = manager();
    m.node("later", { hostname: "node2" });
    m.write(
      "tick",
      '[ "$now" -lt 1003 ] || [ -d nodes/n2 ] || { mv nodes/later nodes/n2; echo n2 > nodes/n2/id; }',
    );
    assert.equal((await m.script(admit("n2"))).stdout, "n2\n");
  });

  it("fails without setting labels if the node is not ready within 60 s", async () => {
    const m = manager().node("n2", { hostname: "node2", status: "down" });
    const { code, stderr } = await m.script(admit("n2"));
    assert.equal(code, 1);
    assert.match(stderr, /^node2 joined the swarm, but the manager did not report it as ready within 60 s/);
    assert.deepEqual([m.read("clock"), m.changes], ["1060", []]);
  });
});

describe("drain", () => {
  const manager = (tasks: string, status?: "down") =>
    machine({ state: "active" })
      .node("n1", { hostname: "node1", tasks: "Running 1 hour ago" })
      .node("n2", { hostname: "node2", tasks, status });

  it("drains only that node", async () => {
    const m = manager("");
    assert.equal((await m.commandLine(drain)).code, 0);
    assert.deepEqual(m.changes, ["node update --availability drain n2"]);
  });

  it("waits until no task runs on the node", async () => {
    const m = manager("Running 3 minutes ago\nRunning 1 hour ago");
    m.write("tick", '[ "$now" -lt 1007 ] || echo "Shutdown 1 second ago" > nodes/n2/tasks');
    assert.equal((await m.commandLine(drain)).code, 0);
    assert.equal(m.read("clock"), "1007");
  });

  it("does not wait for tasks that have ended", async () => {
    const m = manager("Shutdown 3 minutes ago\nFailed 1 hour ago\nComplete 2 hours ago");
    assert.equal((await m.commandLine(drain)).code, 0);
    assert.equal(m.read("clock"), "1000");
  });

  it("times out, and names the setting that allows more time", async () => {
    const m = manager("Running 3 minutes ago");
    const { code, stderr } = await m.commandLine(drain);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^node2 still has tasks after 30 s of draining; increase swarmbench:swarm\.drainTimeout/,
    );
    assert.equal(m.read("clock"), "1030");
  });

  it("does not wait for a node that is down, whose tasks are reported as running forever", async () => {
    const m = manager("Running 3 minutes ago", "down");
    assert.equal((await m.commandLine(drain)).code, 0);
    assert.equal(m.read("clock"), "1000");
  });

  it("stops waiting when the node goes down", async () => {
    const m = manager("Running 3 minutes ago");
    m.write("tick", '[ "$now" -lt 1004 ] || echo down > nodes/n2/status');
    assert.equal((await m.commandLine(drain)).code, 0);
    assert.equal(m.read("clock"), "1004");
  });

  it("does nothing for a node that the manager does not list", async () => {
    const m = machine({ state: "active" }).node("n1", { hostname: "node1" });
    assert.equal((await m.commandLine(drain)).code, 0);
    assert.deepEqual(m.changes, []);
  });

  it("fails if the manager does not answer", {}, async () => {
    const m = manager("Running 3 minutes ago");
    m.write("broken", "yes");
    assert.notEqual((await m.commandLine(drain)).code, 0);
  });

  it("rounds a timeout of half a second up to one second", async () => {
    const m = manager("Running 3 minutes ago");
    assert.match((await m.commandLine(drainCommand("node2", 0.5))).stderr, /after 1 s of draining/);
  });
});

describe("leave over ssh", () => {
  const over = (code: number, message = "") => {
    const m = machine();
    m.write("bin/ssh", `#!/bin/sh\necho "$*" >> "$FAKE/calls"\necho "${message}" >&2\nexit ${code}`);
    chmodSync(path.join(m.directory, "bin/ssh"), 0o755);
    return m;
  };
  const text = leaveOverSshScript(
    "node2",
    sshWords({ host: "host", user: "root", configFile: "/a b/config", sudo: false }, leaveCommand()),
  );

  it("runs the leave command on the node", async () => {
    const m = over(0);
    assert.equal((await m.script(text)).code, 0);
    assert.match(m.calls[0] ?? "", /^-F \/a b\/config .*root@host sh -c /);
  });

  it("succeeds if the node does not answer: the manager removes its entry", async () => {
    const { code, stderr } = await over(255).script(text);
    assert.equal(code, 0);
    assert.match(stderr, /node2 does not answer/);
  });

  it("fails if the node answers but cannot leave", async () => {
    assert.equal((await over(1, "no").script(text)).code, 1);
  });
});

describe("leave", () => {
  it("does not leave a swarm without the mark", async () => {
    const m = machine({ state: "active" });
    assert.deepEqual(await m.commandLine(leaveCommand()), { code: 0, stdout: "", stderr: "" });
    assert.deepEqual([m.calls, m.read("state")], [[], "active"]);
  });

  it("leaves the stack's swarm and removes the mark", async () => {
    const m = machine({ state: "active", mark: "swarm1" });
    assert.equal((await m.commandLine(leaveCommand())).code, 0);
    assert.deepEqual([m.read("state"), m.read("mark")], ["inactive", undefined]);
  });

  it("removes the mark if the swarm was already left", async () => {
    const m = machine({ mark: "swarm1" });
    assert.equal((await m.commandLine(leaveCommand())).code, 0);
    assert.deepEqual([m.changes, m.read("mark")], [[], undefined]);
  });

  it("keeps the mark if leaving fails, so that it can be tried again", async () => {
    const m = machine({ state: "active", mark: "swarm1" });
    m.write("broken", "yes");
    assert.notEqual((await m.commandLine(leaveCommand())).code, 0);
    assert.equal(m.read("mark"), "swarm1");
  });
});

describe("remove entries", () => {
  it("removes every entry of that node, and no other", async () => {
    const m = machine({ state: "active" })
      .node("n1", { hostname: "node1" })
      .node("n2", { hostname: "node2", status: "down" })
      .node("n2b", { hostname: "node2", status: "down" })
      .node("n20", { hostname: "node20" });
    assert.equal((await m.commandLine(removeEntriesCommand("node2"))).code, 0);
    assert.deepEqual(m.changes, ["node rm --force n2", "node rm --force n2b"]);
  });

  it("does nothing if the node has no entry", async () => {
    const m = machine({ state: "active" }).node("n1", { hostname: "node1" });
    assert.equal((await m.commandLine(removeEntriesCommand("node2"))).code, 0);
    assert.deepEqual(m.changes, []);
  });
});
