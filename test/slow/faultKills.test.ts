import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type { FaultRecord } from "../../contract/faults.ts";
import { BENCHMARK, once, Runs } from "../support/benchRuns.ts";
import { eventually } from "../support/eventually.ts";
import {
  assertUndone,
  faultEffects,
  faultMarkers,
  faultsOption,
  killFaultScripts,
} from "../support/faultEffects.ts";
import { TestProject } from "../support/project.ts";

const NODES = ["node1", "node2", "node3"];
/** Long enough that a fault which nobody undoes outlasts the test's look at it. */
const LASTS_SEC = 30;
const STEP = ["--set", "duration=45 seconds", "--set", "drain=40 seconds"];
/** Every kind that lasts on one broker; a memory-hog is undone as a cpu-hog is. */
const KINDS: Record<string, object> = {
  "broker-pause": {},
  "broker-stop": {},
  "broker-cut": {},
  "broker-link": { rateMbit: 1 },
  "cpu-hog": { cpus: 1 },
  "disk-full": {},
};
/** A moment of a run, by what the run has printed or done by then. */
const MOMENTS = ["starting run", "first step", "measuring", "announced", "waiting on the node"] as const;

/** Runs with faults whose processes are killed, on a broker with a node of its own. The tests run one after the other. */
describe("a run with faults", { concurrency: 1 }, () => {
  let project: TestProject;
  let runs: Runs;
  before(async () => {
    project = await TestProject.create("fault-kills", {
      ...BENCHMARK,
      nodes: "3",
      "influxdb.enabled": "false",
      "kafka.heap": "256 MiB",
    });
    runs = new Runs(project);
    await project.mustUp();
  });
  after(() => project?.dispose());

  const doctor = async (...args: string[]) =>
    (await project.run("node", "swarmbench.mjs", "doctor", ...args)).text;
  /** Runs a fault, and kills the command that executes it as soon as `moment` has come. */
  const killAt = async (
    fault: string,
    moment: RegExp | (() => Promise<void>),
    beforeKill = async () => {},
  ) => {
    const list = faultsOption({ at: 8, fault, target: "broker 1", duration: LASTS_SEC, ...KINDS[fault] });
    let waiting: Promise<void> | undefined;
    const kill = (pid: number) => {
      waiting = (async () => {
        if (typeof moment === "function") await moment();
        await beforeKill();
        process.kill(pid, "SIGKILL");
      })();
    };
    const pattern = moment instanceof RegExp ? moment : /starting run/;
    const { code, text } = await runs.benchWhile([...STEP, ...list], once(pattern, kill));
    await waiting;
    assert.equal(code, null, text);
  };
  const begun = () =>
    eventually(async () => {
      const markers = await faultMarkers(project, NODES);
      assert.ok(markers.length === 1 && !markers[0]?.endsWith(".new"), markers.join());
      assert.notDeepEqual(await faultEffects(project, NODES), []);
    }, 120_000);
  const prepared = () =>
    eventually(async () => assert.match((await faultMarkers(project, NODES)).join(), /\.new$/), 120_000);

  const moments: Record<(typeof MOMENTS)[number], RegExp | (() => Promise<void>)> = {
    "starting run": /starting run/,
    "first step": /step 1 of 1/,
    measuring: /measuring/,
    announced: /of broker 1: broker-1/,
    "waiting on the node": prepared,
  };
  for (const [index, name] of MOMENTS.entries()) {
    const fault = Object.keys(KINDS)[index] ?? assert.fail();
    it(`leaves nothing if its command is killed before a ${fault} begins (${name})`, async () => {
      await killAt(fault, moments[name]);
      await assertUndone(project, NODES);
      await runs.bench("--stop");
    });
  }

  for (const [index, fault] of Object.keys(KINDS).entries()) {
    const by = index % 2 === 0 ? "doctor --clean" : "the next up";
    it(`and a ${fault}, whose command and script are killed, is found by doctor and undone by ${by}`, async () => {
      const node = fault === "broker-stop" ? "node1" : "node2";
      await killAt(fault, begun, () => killFaultScripts(project, node));
      assert.match(await doctor(), new RegExp(`left over: fault ${fault} of broker-1`));
      await runs.bench("--stop");
      if (by === "the next up") {
        assert.match(
          await project.mustUp(),
          new RegExp(`undone, left by an earlier run: ${fault} of broker-1`),
        );
      } else assert.match(await doctor("--clean"), new RegExp(`removed: fault ${fault} of broker-1`));
      await assertUndone(project, NODES);
    });
  }

  it("leaves nothing if the runner on the manager is killed in the middle of a fault", async () => {
    const list = faultsOption({ at: 8, fault: "broker-pause", target: "broker 1", duration: LASTS_SEC });
    let killed: Promise<unknown> | undefined;
    const { code, text } = await runs.benchWhile(
      [...STEP, ...list],
      once(/starting run/, () => {
        killed = begun().then(() =>
          project.on("node1", "docker kill --signal KILL $(docker ps --quiet --filter name=bench-runner)"),
        );
      }),
    );
    await killed;
    assert.equal(code, 1, text);
    await assertUndone(project, NODES);
  });

  /** Runs one fault of broker 1 to its end: no message is lost. @returns its record */
  const survived = async (fault: object): Promise<FaultRecord> => {
    const { code, text } = await runs.bench(
      ...["--set", "duration=75 seconds", "--set", "drain=60 seconds", "--set", "logCheck=true"],
      ...faultsOption({ at: 8, target: "broker 1", ...fault }),
    );
    assert.equal(code, 0, text);
    const { faults: records = [], logCheck, lost } = runs.onlyStep();
    assert.deepEqual(
      records.map(({ hit, error, endedAt }) => [hit, error, endedAt !== null]),
      [[["broker-1"], null, true]],
    );
    assert.deepEqual([lost, logCheck?.missing], [0, 0]);
    return records[0] ?? assert.fail("the step has no fault");
  };

  it("kills the engine of the broker's node, and swarm starts the broker again", async () => {
    const engine = () => project.on("node2", "cat /var/run/docker.pid");
    const before = await engine();
    await survived({ fault: "engine-kill" });
    assert.notEqual(await engine(), before);
  });

  it("kills the broker's node and starts it again, and the next up changes nothing", async () => {
    const booted = () => project.on("node2", "stat --format %Y /proc/1");
    const before = await booted();
    const { startedAt, endedAt } = await survived({ fault: "node-kill", duration: 10 });
    assert.ok(startedAt && endedAt && endedAt - startedAt >= 10_000);
    assert.notEqual(await booted(), before);
    await assertUndone(project, NODES);
    assert.match(await project.mustUp(), /Resources:\n +\d+ unchanged\n/);
  });

  it("and a node that is dead, because command and script were killed, is found by doctor and started by the next up", async () => {
    const marks = path.join(project.directory, ".swarmbench/faults/here", project.prefix);
    const list = faultsOption({ at: 8, fault: "node-kill", target: "broker 1", duration: LASTS_SEC });
    let killed: Promise<unknown> | undefined;
    const { code, text } = await runs.benchWhile(
      [...STEP, ...list],
      once(/of broker 1: broker-1/, (pid) => {
        killed = eventually(async () => {
          const machine = ["inspect", "--format", "{{.State.Running}}", `${project.prefix}-node2`];
          assert.match((await project.run("docker", ...machine)).text, /false/);
          const [mark = ""] = readdirSync(marks);
          // The fifth line of a marker is the process of its script.
          process.kill(Number(readFileSync(path.join(marks, mark), "utf8").split("\n")[4]), "SIGKILL");
          process.kill(pid, "SIGKILL");
        }, 60_000);
      }),
    );
    await killed?.catch((error) => assert.fail(`${error.message}: ${text}`));
    assert.equal(code, null, text);
    await runs.bench("--stop");
    assert.match(await doctor(), /left over: fault node-kill of broker-1 on this machine/);
    assert.match(await project.mustUp(), /undone, left by an earlier run: node-kill of broker-1/);
    await assertUndone(project, NODES);
    assert.ok(!existsSync(marks));
  });

  it("is refused, with every mistake, if a fault has no target", async () => {
    const count = runs.names().length;
    const { code, text } = await runs.bench(
      ...STEP,
      ...["--set", "consumers=1"],
      ...faultsOption(
        { at: 8, fault: "consumer-leave", target: "consumer 2", duration: 5 },
        { at: 20, fault: "broker-cut", target: "broker 1", duration: 5, from: ["broker 1"] },
      ),
    );
    assert.equal(code, 2);
    assert.match(text, /there is no consumer 2/);
    assert.match(text, /broker 1 cannot be cut off from itself/);
    assert.equal(runs.names().length, count);
  });
});
