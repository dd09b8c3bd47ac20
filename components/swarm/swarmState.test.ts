import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Exec } from "../../lib/exec.ts";
import {
  evaluate,
  type InspectableNode,
  inspectSwarm,
  parseRoster,
  type RosterEntry,
  type SwarmState,
} from "./swarmState.ts";

const entry = (id: string, more: Partial<RosterEntry> = {}): RosterEntry => ({
  id,
  hostname: "node2",
  availability: "active",
  status: "ready",
  role: "broker",
  ...more,
});

describe("a node's membership is", () => {
  const node = { name: "node2", role: "broker" as const };
  const stateWith = (roster: RosterEntry[] | undefined, state = "active"): SwarmState => ({
    reports: new Map([["node2", { nodeId: "n2", state }]]),
    roster,
  });
  const cases: [what: string, state: SwarmState, membership: ReturnType<typeof evaluate>][] = [
    ["healthy if it matches the settings", stateWith([entry("n1"), entry("n2")]), { kind: "healthy" }],
    [
      "unknown if the node did not answer",
      { reports: new Map(), roster: [entry("n2")] },
      { kind: "unknown" },
    ],
    ["unknown if the manager did not list its nodes", stateWith(undefined), { kind: "unknown" }],
    [
      "broken if the node reports that it is in no swarm, even if the manager is down",
      stateWith(undefined, "inactive"),
      { kind: "broken", why: "is not in the swarm (inactive)" },
    ],
    [
      "broken, with the node id to give up, if the manager does not list the node",
      stateWith([entry("n1")]),
      { kind: "broken", why: "was removed from the swarm", evict: "n2" },
    ],
    [
      "broken, with the node id to give up, if the manager cannot reach the node",
      stateWith([entry("n2", { status: "down" })]),
      { kind: "broken", why: "is down in the swarm", evict: "n2" },
    ],
    [
      "broken, without a node id to give up, if it does not accept tasks",
      stateWith([entry("n2", { availability: "drain" })]),
      { kind: "broken", why: "does not accept tasks (drain)" },
    ],
    [
      "broken, without a node id to give up, if it has another role",
      stateWith([entry("n2", { role: "agent" })]),
      { kind: "broken", why: "has lost its label role=broker" },
    ],
    [
      "matched by id and not by name: an outdated entry of the same name does not count",
      stateWith([entry("n0", { status: "down" }), entry("n2")]),
      { kind: "healthy" },
    ],
  ];
  for (const [what, state, membership] of cases) {
    it(what, () => assert.deepEqual(evaluate(node, state), membership));
  }

  it("broken if its label is missing", () => {
    const { role: _, ...withoutRole } = entry("n2");
    assert.equal(evaluate(node, stateWith([withoutRole])).kind, "broken");
  });
});

/** The relevant fields of `docker node inspect`. */
function inspected(id: string, more: { status?: string; labels?: Record<string, string> | null } = {}) {
  return {
    ID: id,
    Version: { Index: 9 },
    Spec: { Role: "worker", Availability: "active", Labels: more.labels ?? null },
    Description: { Hostname: `host-${id}`, Platform: { OS: "linux" } },
    Status: { State: more.status ?? "ready", Addr: "10.9.8.11" },
  };
}

describe("the manager's list", () => {
  it("is parsed from the output of `docker node inspect`", () => {
    const json = JSON.stringify([inspected("n1", { labels: { role: "monitor", rack: "a" } })]);
    assert.deepEqual(parseRoster(json), [
      { id: "n1", hostname: "host-n1", availability: "active", status: "ready", role: "monitor" },
    ]);
  });

  it("has no role for a node without labels", () => {
    assert.equal(parseRoster(JSON.stringify([inspected("n1")]))[0]?.role, undefined);
  });

  it("includes a node that has joined but not yet reported its host name", () => {
    const { Description: _, ...node } = inspected("n1", { status: "unknown" });
    assert.equal(parseRoster(JSON.stringify([node]))[0]?.hostname, "");
  });
});

/** A fake swarm with a clock: the answers of each node, and of the manager, depend on the time. */
interface Answers {
  info: (node: string, now: number) => { NodeID: string; LocalNodeState: string } | undefined;
  roster: (now: number) => object[] | undefined;
}

class World {
  now = 0;
  readonly commands: string[] = [];
  private readonly answers: Answers;

  constructor(answers: Answers) {
    this.answers = answers;
  }

  inspect(names: string[], timeoutMs = 10_000): Promise<SwarmState> {
    const nodes = names.map(
      (name) => ({ name, ssh: { host: name, port: 22, user: "root" } }) as InspectableNode,
    );
    return inspectSwarm("node1", nodes, {
      exec: this.exec,
      timeoutMs,
      now: () => this.now,
      sleep: async (ms) => {
        assert.ok(ms > 0, "it waits without sleeping");
        this.now += ms;
        assert.ok(this.now < 60_000, "it waits for ever");
      },
    });
  }

  private readonly exec: Exec = async (file, args) => {
    assert.equal(file, "ssh");
    const [destination = "", command = ""] = args.slice(-2);
    const node = destination.replace("root@", "");
    this.commands.push(`${node}: ${command}`);
    const answer = command.startsWith("docker info")
      ? this.answers.info(node, this.now)
      : this.answers.roster(this.now);
    if (answer === undefined) throw new Error("Connection refused");
    return JSON.stringify(answer);
  };
}

const active = (node: string) => ({ NodeID: node, LocalNodeState: "active" });

describe("inspecting the swarm", () => {
  it("asks every node for its state, and only the manager for the list", async () => {
    const world = new World({ info: active, roster: () => [inspected("node1"), inspected("node2")] });
    await world.inspect(["node1", "node2"]);
    assert.deepEqual(world.commands.sort(), [
      "node1: docker info --format '{{json .Swarm}}'",
      "node1: docker node ls --quiet | xargs docker node inspect",
      "node2: docker info --format '{{json .Swarm}}'",
    ]);
  });

  it("does not wait if all nodes are healthy", async () => {
    const world = new World({ info: active, roster: () => [inspected("node1"), inspected("node2")] });
    const { reports, roster } = await world.inspect(["node1", "node2"]);
    assert.equal(world.now, 0);
    assert.deepEqual(reports.get("node2"), { nodeId: "node2", state: "active" });
    assert.deepEqual(
      roster?.map(({ id }) => id),
      ["node1", "node2"],
    );
  });

  it("takes a node that prints something else for one that does not answer", async () => {
    for (const printed of ["Welcome to node1!", "null", "constructor=x", '{"NodeID":', "[1]", ""]) {
      const nodes = [{ name: "node1", ssh: { host: "node1" } } as InspectableNode];
      const { roster } = await inspectSwarm("node1", nodes, {
        exec: async () => printed,
        timeoutMs: 0,
        now: () => 0,
        sleep: async () => {},
      });
      assert.equal(roster, undefined, printed);
    }
  });

  it("waits until a starting node answers", async () => {
    const world = new World({
      info: (node, now) => (node === "node2" && now < 3000 ? undefined : active(node)),
      roster: () => [inspected("node1"), inspected("node2")],
    });
    const { reports } = await world.inspect(["node1", "node2"]);
    assert.equal(world.now, 3000);
    assert.deepEqual([...reports.keys()].sort(), ["node1", "node2"]);
  });

  it("waits until the manager reports a member as ready", async () => {
    const world = new World({
      info: active,
      roster: (now) => [inspected("node1"), inspected("node2", { status: now < 4000 ? "unknown" : "ready" })],
    });
    const { roster } = await world.inspect(["node1", "node2"]);
    assert.equal(world.now, 4000);
    assert.equal(roster?.[1]?.status, "ready");
  });

  it("does not wait for entries of other nodes", async () => {
    const world = new World({
      info: active,
      roster: () => [inspected("node1"), inspected("old", { status: "down" })],
    });
    await world.inspect(["node1"]);
    assert.equal(world.now, 0);
  });

  it("times out, and leaves out the nodes that did not answer", async () => {
    const world = new World({
      info: (node) => (node === "node2" ? undefined : active(node)),
      roster: () => [inspected("node1")],
    });
    const { reports, roster } = await world.inspect(["node1", "node2"], 5000);
    assert.equal(world.now, 5000);
    assert.deepEqual([[...reports.keys()], roster?.length], [["node1"], 1]);
  });

  it("times out for a member that stays down, and reports it as broken", async () => {
    const world = new World({
      info: active,
      roster: () => [inspected("node1"), inspected("node2", { status: "down" })],
    });
    const state = await world.inspect(["node1", "node2"], 5000);
    assert.equal(world.now, 5000);
    assert.equal(evaluate({ name: "node2", role: "broker" }, state).kind, "broken");
  });

  it("does not ask for the list without a running manager, and then reports no node as removed", async () => {
    const world = new World({ info: active, roster: () => assert.fail("the manager does not run") });
    const state = await world.inspect(["node2", "node3"]);
    assert.equal(state.roster, undefined);
    assert.deepEqual(
      ["node2", "node3"].map((name) => evaluate({ name, role: "broker" }, state)),
      [{ kind: "unknown" }, { kind: "unknown" }],
    );
  });

  it("reports no node as removed if the manager cannot list its nodes", async () => {
    const world = new World({ info: active, roster: () => undefined });
    const state = await world.inspect(["node1", "node2"], 1000);
    assert.deepEqual(evaluate({ name: "node2", role: "broker" }, state), { kind: "unknown" });
  });

  it("runs no command if no node runs", async () => {
    const world = new World({ info: () => assert.fail(), roster: () => assert.fail() });
    assert.deepEqual(await world.inspect([]), { reports: new Map(), roster: undefined });
    assert.deepEqual([world.now, world.commands], [0, []]);
  });

  it("waits for an engine that is reconnecting to its swarm (pending)", {}, async () => {
    const world = new World({
      info: (node, now) => ({ NodeID: node, LocalNodeState: now < 2000 ? "pending" : "active" }),
      roster: (now) => (now < 2000 ? undefined : [inspected("node1", { labels: { role: "monitor" } })]),
    });
    const state = await world.inspect(["node1"]);
    assert.deepEqual(evaluate({ name: "node1", role: "monitor" }, state), { kind: "healthy" });
  });

  it("waits for a manager that is in the swarm but cannot list its nodes yet", {}, async () => {
    const world = new World({
      info: active,
      roster: (now) => (now < 2000 ? undefined : [inspected("node1")]),
    });
    assert.equal((await world.inspect(["node1", "node2"])).roster?.length, 1);
  });
});
