import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Exec } from "../../lib/exec.ts";
import {
  evaluate,
  type Observable,
  observeSwarm,
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

describe("a node is judged", () => {
  const node = { name: "node2", role: "broker" as const };
  const seen = (roster: RosterEntry[] | undefined, state = "active"): SwarmState => ({
    reports: new Map([["node2", { nodeId: "n2", state }]]),
    ...(roster ? { roster } : {}),
  });
  const cases: [what: string, state: SwarmState, membership: ReturnType<typeof evaluate>][] = [
    ["healthy as the settings want it", seen([entry("n1"), entry("n2")]), { kind: "healthy" }],
    ["unknown where it did not answer", { reports: new Map(), roster: [entry("n2")] }, { kind: "unknown" }],
    ["unknown where the manager did not tell of anyone", seen(undefined), { kind: "unknown" }],
    [
      "broken where it says itself that it is in no swarm, even if the manager is down",
      seen(undefined, "inactive"),
      { kind: "broken", why: "is not in the swarm (inactive)" },
    ],
    [
      "removed, with the membership to give up, where the manager lists others only",
      seen([entry("n1")]),
      { kind: "broken", why: "was removed from the swarm", evict: "n2" },
    ],
    [
      "broken, with the membership to give up, where the manager does not hear from it",
      seen([entry("n2", { status: "down" })]),
      { kind: "broken", why: "is down in the swarm", evict: "n2" },
    ],
    [
      "broken, its membership kept, where it takes no work",
      seen([entry("n2", { availability: "drain" })]),
      { kind: "broken", why: "takes no work (drain)" },
    ],
    [
      "broken, its membership kept, where it has another role",
      seen([entry("n2", { role: "agent" })]),
      { kind: "broken", why: "has lost its label role=broker" },
    ],
    [
      "by its id and not by its name: an earlier life of the same name does not count",
      seen([entry("n0", { status: "down" }), entry("n2")]),
      { kind: "healthy" },
    ],
  ];
  for (const [what, state, membership] of cases) {
    it(what, () => assert.deepEqual(evaluate(node, state), membership));
  }

  it("broken where its label is gone", () => {
    const { role: _, ...withoutRole } = entry("n2");
    assert.equal(evaluate(node, seen([withoutRole])).kind, "broken");
  });
});

/** As `docker node inspect` prints it, cut to what is of use. */
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
  it("is read from what `docker node inspect` prints", () => {
    const json = JSON.stringify([inspected("n1", { labels: { role: "monitor", rack: "a" } })]);
    assert.deepEqual(parseRoster(json), [
      { id: "n1", hostname: "host-n1", availability: "active", status: "ready", role: "monitor" },
    ]);
  });

  it("has no role where a node has no labels", () => {
    assert.equal(parseRoster(JSON.stringify([inspected("n1")]))[0]?.role, undefined);
  });

  it("has a node that has joined and not yet told its host name", () => {
    const { Description: _, ...node } = inspected("n1", { status: "unknown" });
    assert.equal(parseRoster(JSON.stringify([node]))[0]?.hostname, "");
  });
});

/** A swarm that answers for a clock: what each node says at that time of itself, and the manager of all. */
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

  observe(names: string[], timeoutMs = 10_000): Promise<SwarmState> {
    const nodes = names.map((name) => ({ name, ssh: { host: name, port: 22, user: "root" } }) as Observable);
    return observeSwarm("node1", nodes, {
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

describe("looking at the swarm", () => {
  it("asks every node, and the manager alone for the list", async () => {
    const world = new World({ info: active, roster: () => [inspected("node1"), inspected("node2")] });
    await world.observe(["node1", "node2"]);
    assert.deepEqual(world.commands.sort(), [
      "node1: docker info --format '{{json .Swarm}}'",
      "node1: docker node ls --quiet | xargs docker node inspect",
      "node2: docker info --format '{{json .Swarm}}'",
    ]);
  });

  it("takes no time where all is well", async () => {
    const world = new World({ info: active, roster: () => [inspected("node1"), inspected("node2")] });
    const { reports, roster } = await world.observe(["node1", "node2"]);
    assert.equal(world.now, 0);
    assert.deepEqual(reports.get("node2"), { nodeId: "node2", state: "active" });
    assert.deepEqual(
      roster?.map(({ id }) => id),
      ["node1", "node2"],
    );
  });

  it("waits for a node that does not answer yet, and no longer", async () => {
    const world = new World({
      info: (node, now) => (node === "node2" && now < 3000 ? undefined : active(node)),
      roster: () => [inspected("node1"), inspected("node2")],
    });
    const { reports } = await world.observe(["node1", "node2"]);
    assert.equal(world.now, 3000);
    assert.deepEqual([...reports.keys()].sort(), ["node1", "node2"]);
  });

  it("waits for a member that the manager has not heard from yet, and no longer", async () => {
    const world = new World({
      info: active,
      roster: (now) => [inspected("node1"), inspected("node2", { status: now < 4000 ? "unknown" : "ready" })],
    });
    const { roster } = await world.observe(["node1", "node2"]);
    assert.equal(world.now, 4000);
    assert.equal(roster?.[1]?.status, "ready");
  });

  it("does not wait for entries of nodes that are not asked", async () => {
    const world = new World({
      info: active,
      roster: () => [inspected("node1"), inspected("old", { status: "down" })],
    });
    await world.observe(["node1"]);
    assert.equal(world.now, 0);
  });

  it("gives up after its retryUntil, and leaves out who did not answer", async () => {
    const world = new World({
      info: (node) => (node === "node2" ? undefined : active(node)),
      roster: () => [inspected("node1")],
    });
    const { reports, roster } = await world.observe(["node1", "node2"], 5000);
    assert.equal(world.now, 5000);
    assert.deepEqual([[...reports.keys()], roster?.length], [["node1"], 1]);
  });

  it("gives up after its retryUntil on a member that stays down, and says so", async () => {
    const world = new World({
      info: active,
      roster: () => [inspected("node1"), inspected("node2", { status: "down" })],
    });
    const state = await world.observe(["node1", "node2"], 5000);
    assert.equal(world.now, 5000);
    assert.equal(evaluate({ name: "node2", role: "broker" }, state).kind, "broken");
  });

  it("asks nobody for the list where the manager does not run, and then judges nobody removed", async () => {
    const world = new World({ info: active, roster: () => assert.fail("nobody may be asked") });
    const state = await world.observe(["node2", "node3"]);
    assert.equal(state.roster, undefined);
    assert.deepEqual(
      ["node2", "node3"].map((name) => evaluate({ name, role: "broker" }, state)),
      [{ kind: "unknown" }, { kind: "unknown" }],
    );
  });

  it("judges nobody removed where the manager runs and cannot tell its list", async () => {
    const world = new World({ info: active, roster: () => undefined });
    const state = await world.observe(["node1", "node2"], 1000);
    assert.deepEqual(evaluate({ name: "node2", role: "broker" }, state), { kind: "unknown" });
  });

  it("asks nobody where no node runs", async () => {
    const world = new World({ info: () => assert.fail(), roster: () => assert.fail() });
    assert.deepEqual(await world.observe([]), { reports: new Map(), roster: undefined });
    assert.deepEqual([world.now, world.commands], [0, []]);
  });

  it("waits for an engine that is about to take its place in the swarm again (pending)", {}, async () => {
    const world = new World({
      info: (node, now) => ({ NodeID: node, LocalNodeState: now < 2000 ? "pending" : "active" }),
      roster: (now) => (now < 2000 ? undefined : [inspected("node1", { labels: { role: "monitor" } })]),
    });
    const state = await world.observe(["node1"]);
    assert.deepEqual(evaluate({ name: "node1", role: "monitor" }, state), { kind: "healthy" });
  });

  it("waits for a manager that is in the swarm and cannot tell its list yet", {}, async () => {
    const world = new World({
      info: active,
      roster: (now) => (now < 2000 ? undefined : [inspected("node1")]),
    });
    assert.equal((await world.observe(["node1", "node2"])).roster?.length, 1);
  });
});
