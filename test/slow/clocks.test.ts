import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { removeCommand } from "../../components/clocks/scripts.ts";
import { eventually } from "../support/eventually.ts";
import { TestProject } from "../support/project.ts";

const STATUS = "/var/lib/swarmbench/clock/status.json";
const DAEMONS = ["ptpd", "ptp4l", "chronyd"];
const SYS_TIME = 25n; // number of the capability

interface Status {
  kind: string;
  state: string;
  offset_us: number | null;
  path_delay_us: number | null;
  at: number;
}

/** The clocks of one local swarm with each kind of synchronisation; each test continues with the state of the previous one. */
describe("the clocks of a local testbed", { concurrency: 1 }, () => {
  let project: TestProject;
  before(async () => {
    project = await TestProject.create("clocks", {
      nodes: "2",
      namespace: "clk",
      "testbed.kind": "local",
      "clockSync.kind": "ptpd",
      "testbed.memory": "1 GiB",
    });
  });
  after(() => project.dispose());

  const kind = (value: string) => project.configure({ "clockSync.kind": value });
  const status = async (node: string) => JSON.parse(await project.on(node, `cat ${STATUS}`)) as Status;
  /** Names of the clock daemons that run on a node. */
  const running = async (node: string) => {
    const running = await project.on(
      node,
      `for name in ${DAEMONS.join(" ")}; do pgrep -x $name >/dev/null && echo $name; done; true`,
    );
    return running.split("\n").filter(Boolean);
  };
  /** Waits until a node's status has this kind and state and was written just now. */
  const shows = async (node: string, expected: Partial<Status>): Promise<Status> => {
    let last: Status | undefined;
    await eventually(async () => {
      last = await status(node);
      assert.deepEqual({ ...last, ...expected }, last);
      assert.ok(Math.abs(Date.now() / 1000 - last.at) < 5, `written at ${last.at}`);
    });
    assert.ok(last);
    return last;
  };
  const cannotSetTheClock = async () => {
    for (const node of ["node1", "node2"]) {
      const effective = await project.on(
        node,
        `for name in ${DAEMONS.join(" ")}; do for pid in $(pgrep -x $name); do awk '/^Cap(Eff|Bnd)/ { print $2 }' /proc/$pid/status; done; done`,
      );
      const sets = effective.split("\n").filter(Boolean);
      assert.ok(sets.length > 0);
      for (const set of sets) assert.equal((BigInt(`0x${set}`) >> SYS_TIME) & 1n, 0n, `${node}: ${set}`);
    }
  };

  const nothingOfIt = async () => {
    for (const node of ["node1", "node2"]) {
      assert.deepEqual(await running(node), ["ptpd"]);
      assert.equal(await project.on(node, "ls -d /run/swarmbench-compare 2>/dev/null || true"), "");
    }
  };

  it("fails with the offsets and a hint if the bound is smaller than clocks can reach", async () => {
    await project.configure({
      "clockSync.maxOffset": "0.001 nanoseconds",
      "clockSync.timeout": "25 seconds",
    });
    const { code, text } = await project.up();
    assert.notEqual(code, 0);
    assert.match(
      text,
      /the clock of node2 is not within 0\.000001 µs of node1's after 25 s \(clockSync\.kind: ptpd\)/,
    );
    assert.match(text, /state SLAVE, last offsets( -?\d+\.\d+){8} µs, path delay \d+\.\d+ µs/);
    assert.match(text, /clockSync\.maxOffset/);
    assert.match(text, /waiting for the clock of node2/, "it reports that it is waiting");
  });

  it("continues at the next up with a larger bound", async () => {
    await project.configure({ "clockSync.maxOffset": "1 millisecond", "clockSync.timeout": "60 seconds" });
    await project.mustUp();
    const { clocks } = await project.outputs<{ clocks: { kind: string; found: string } }>();
    assert.equal(clocks.kind, "ptpd");
    assert.match(clocks.found, /^node1 MASTER\nnode2 SLAVE \d+\.\d+ µs$/);
  });

  it("records the state of each node's clock every second", async () => {
    const master = await shows("node1", { kind: "ptpd", state: "MASTER", offset_us: 0, path_delay_us: null });
    assert.deepEqual(Object.keys(master), ["kind", "state", "offset_us", "path_delay_us", "at"]);
    const slave = await shows("node2", { kind: "ptpd", state: "SLAVE" });
    assert.ok(Math.abs(slave.offset_us ?? Number.NaN) < 1000 && (slave.path_delay_us ?? 0) > 0);
    await eventually(async () => assert.ok((await status("node2")).at > slave.at));
  });

  it("cannot set the machine's clock, and does not try", async () => {
    await cannotSetTheClock();
    assert.match(
      await project.on("node2", "cat /run/swarmbench-clock/ptpd.status"),
      /Clock status *:.* read-only/,
    );
  });

  it("changes nothing at a second up", async () => {
    await project.mustUp("--expect-no-changes");
  });

  it("compares NTP with PTP side by side, and leaves nothing behind", async () => {
    const compare = "node swarmbench.mjs clocks -s clocks --seconds 5";
    const { code, text } = await project.run("sh", "-c", compare);
    assert.equal(code, 0, text);
    assert.match(text, /node2 +│ PTP \(ptpd\) +│ [1-9]/);
    assert.match(text, /node2 +│ NTP \(chrony\) +│ [1-9]/);
    const file = /written: (\S+)/.exec(text)?.[1] ?? "";
    const { accuracy } = JSON.parse(await project.must("cat", file)) as { accuracy: { max: number }[] };
    assert.equal(accuracy.length, 2);
    for (const { max } of accuracy) assert.ok(max < 10_000, `off by ${max} µs`);
    await nothingOfIt();
  });

  it("leaves nothing behind if a comparison is interrupted", async () => {
    const args = ["swarmbench.mjs", "clocks", "-s", "clocks", "--seconds", "600"];
    const child = spawn("node", args, { cwd: project.directory, env: project.environment, stdio: "ignore" });
    const ended = once(child, "exit");
    await eventually(async () => assert.deepEqual(await running("node2"), ["ptpd", "chronyd"]));
    child.kill("SIGINT");
    assert.deepEqual(await ended, [130, null]);
    await nothingOfIt();
  });

  it("reports a daemon that is down or stale, gives no old offset, and restarts it", async () => {
    // Prevent its restart first, so that its absence is seen.
    await project.on("node2", "sv -w 15 down /etc/node/sv/clock-sync");
    await shows("node2", { state: "DOWN", offset_us: null, path_delay_us: null });
    await project.on("node2", "sv up /etc/node/sv/clock-sync");
    await shows("node2", { state: "SLAVE" });
    const pid = await project.on("node2", "pgrep -x ptpd");
    await project.on("node2", "pkill -KILL -x ptpd");
    await eventually(async () => assert.notEqual(await project.on("node2", "pgrep -x ptpd"), pid));
    await shows("node2", { state: "SLAVE" });
  });

  it("reports a daemon as stale that runs but no longer measures", async () => {
    await project.on("node2", "pkill -STOP -x ptpd");
    await shows("node2", { state: "STALE", offset_us: null });
    await project.on("node2", "pkill -CONT -x ptpd");
  });

  it("continues after a node's restart, without an up", async () => {
    await project.docker("restart", `${project.prefix}-node2`);
    await eventually(async () => assert.deepEqual(await running("node2"), ["ptpd"]));
    await shows("node2", { state: "SLAVE" });
  });

  it("is restored on a node that was recreated", async () => {
    await project.docker("rm", "--force", `${project.prefix}-node2`);
    await project.mustUp();
    await shows("node2", { kind: "ptpd", state: "SLAVE" });
  });

  for (const [name, daemon] of [
    ["linuxptp", "ptp4l"],
    ["chrony", "chronyd"],
  ] as const) {
    it(`synchronises with ${name} instead`, async () => {
      await kind(name);
      await project.mustUp();
      await shows("node1", { kind: name, state: "MASTER", offset_us: 0 });
      const slave = await shows("node2", { kind: name, state: "SLAVE" });
      assert.ok(Math.abs(slave.offset_us ?? Number.NaN) < 1000);
      assert.deepEqual([await running("node1"), await running("node2")], [[daemon], [daemon]]);
      await cannotSetTheClock();
    });
  }

  it("removes the daemons with kind none, and keeps reporting that", async () => {
    await kind("none");
    await project.mustUp();
    for (const node of ["node1", "node2"]) {
      await shows(node, { kind: "none", state: "NONE", offset_us: null, path_delay_us: null });
      assert.deepEqual(await running(node), []);
      assert.equal(await project.on(node, "ls /etc/node/sv"), "clock-status\ndockerd\nsshd\n");
    }
  });

  it("is removed from a node without a trace by its own clean-up script", async () => {
    const remove = removeCommand();
    await project.on("node2", remove);
    const places =
      "/usr/local/lib/swarmbench-clock /var/lib/swarmbench/clock /run/swarmbench-clock /etc/chrony/swarmbench.conf";
    assert.equal(await project.on("node2", `ls -d ${places} 2>/dev/null || true`), "");
    assert.equal(await project.on("node2", "ls -A /etc/node/sv"), "dockerd\nsshd\n");
    await project.on("node2", remove);
  });
});
