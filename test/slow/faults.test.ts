import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import type { FaultRecord } from "../../contract/faults.ts";
import { BENCHMARK, once, Runs } from "../support/benchRuns.ts";
import { assertUndone, faultMarkers, faultsOption, killFaultScripts } from "../support/faultEffects.ts";
import { TestProject } from "../support/project.ts";

const NODES = ["node1", "node2", "node3"];
/** One step of 30 seconds on a cluster of three brokers, whose log is checked. */
const STEP = ["--set", "duration=30 seconds", "--set", "drain=60 seconds", "--set", "logCheck=true"];
const PEER = "docker exec $(docker ps --quiet --filter name=broker-1) getent hosts broker-2";
const pauseOf = (target: string, duration: number) => ({ at: 8, fault: "broker-pause", target, duration });

/** Runs with `benchmark.faults` on a real cluster, one after the other; the last test destroys the stack. */
describe("faults of a run", { concurrency: 1 }, () => {
  let project: TestProject;
  let runs: Runs;
  before(async () => {
    project = await TestProject.create("faults", {
      ...BENCHMARK,
      nodes: "3",
      "influxdb.enabled": "false",
      "testbed.kind": "local",
      ...Object.fromEntries(NODES.map((node) => [`testbed.perNode.${node}.role`, "broker"])),
      "kafka.brokers": "3",
      "kafka.heap": "256 MiB",
      "workload.producers": "10",
      "workload.replicationFactor": "3",
      "workload.partitions": "6",
      "workload.acks": "all",
    });
    runs = new Runs(project);
    await project.mustUp();
  });
  after(() => project?.dispose());

  /** The records of the last run's only step, which lost no message. */
  const recordsWithoutLoss = (): FaultRecord[] => {
    const { faults: records, lost, logCheck, reasons } = runs.onlyStep();
    assert.equal(lost, 0, reasons.join("; "));
    assert.equal(logCheck?.missing, 0, reasons.join("; "));
    return records ?? assert.fail("the step has no faults");
  };
  const undone = () => assertUndone(project, NODES);
  const notes = () => path.join(project.directory, ".swarmbench/faults", `${project.stack}.json`);

  it("pause a broker for exactly as long as they say, and record what was hit", async () => {
    const { code, text } = await runs.bench(...STEP, ...faultsOption(pauseOf("leader of partition 0", 4)));
    assert.equal(code, 0, text);
    const [record] = recordsWithoutLoss();
    assert.ok(record?.startedAt && record.endedAt && record.uncertainMs !== null, JSON.stringify(record));
    assert.equal(record.error, null);
    assert.match(record.hit.join(), /^broker-[123]$/);
    const seconds = (record.endedAt - record.startedAt) / 1_000;
    assert.ok(Math.abs(seconds - 4) <= 0.05 + (2 * record.uncertainMs) / 1_000, JSON.stringify(record));
    const first = runs.onlyStep().seconds.find(({ measured }) => measured)?.at ?? 0;
    const startSec = record.startedAt / 1_000 - first;
    assert.ok(startSec >= 8 && startSec < 9, `it began ${startSec} s after the measured time`);
    await undone();
    assert.ok(!existsSync(notes()));
  });

  it("kill, restart and stop brokers, and with acks all no acknowledged message is lost", async () => {
    const { code, text } = await runs.bench(
      ...STEP,
      "--set",
      "duration=100 seconds",
      ...faultsOption(
        { at: 6, fault: "broker-kill", target: "leader of partition 0" },
        { at: 35, fault: "broker-stop", target: "follower of partition 0", duration: 8 },
        { at: 70, fault: "broker-kill", target: "controller" },
      ),
    );
    assert.equal(code, 0, text);
    const records = recordsWithoutLoss();
    assert.deepEqual(
      records.map(({ error, hit, endedAt }) => [error, hit.length, endedAt !== null]),
      records.map(() => [null, 1, true]),
      JSON.stringify(records),
    );
    assert.equal(records.length, 3);
    await undone();
  });

  it("cut a leader off from the other brokers only: no message that it took alone is acknowledged", async () => {
    const cut = {
      at: 8,
      fault: "broker-cut",
      target: "leader of partition 0",
      from: "brokers",
      duration: 20,
    };
    const { code, text } = await runs.bench(...STEP, "--set", "duration=60 seconds", ...faultsOption(cut));
    assert.equal(code, 0, text);
    const [record] = recordsWithoutLoss();
    assert.deepEqual([record?.error, record?.hit.length], [null, 1]);
    const [recovery] = runs.onlyStep().recovery ?? [];
    // It takes messages that clients send it, but cannot replicate them.
    const longest = recovery?.unavailable?.longestSec ?? 0;
    assert.ok(longest > 5, JSON.stringify(recovery));
    await undone();
  });

  it("cut a broker off from another one only, in both directions, and nothing is lost", async () => {
    const cut = { at: 8, fault: "broker-cut", target: "broker 1", from: ["broker 2"], duration: 15 };
    const rules: string[] = [];
    const list =
      "for id in $(docker ps --quiet --filter name=broker-1); do nsenter --target $(docker inspect --format '{{.State.Pid}}' $id) --net iptables -S; done";
    const { code, text } = await runs.benchWhile(
      [...STEP, "--set", "duration=50 seconds", ...faultsOption(cut)],
      once(/broker-cut of broker 1: broker-1/, () => {
        const look = async () => void rules.push(await project.on("node1", list));
        for (let sec = 6; sec < 14; sec += 4) setTimeout(() => void look().catch(() => {}), sec * 1_000);
      }),
    );
    assert.equal(code, 0, text);
    const [record] = recordsWithoutLoss();
    assert.deepEqual([record?.error, record?.hit], [null, ["broker-1"]]);
    const [, address] = /^([\d.]+) /.exec(await project.on("node1", PEER)) ?? [];
    for (const rule of [
      `-A INPUT -s ${address}/32 ! -i lo -j DROP`,
      `-A OUTPUT -d ${address}/32 ! -o lo -j DROP`,
    ])
      assert.ok(rules.join().includes(rule), `${rule}: ${rules}`);
    await undone();
  });

  it("are refused before the run, with the reason, if a node cannot have them", async () => {
    const count = runs.names().length;
    const { code, text } = await runs.bench(
      ...STEP,
      ...["--set", "duration=100 seconds"],
      ...faultsOption({ at: 8, fault: "engine-kill", target: "leader of partition 0" }),
    );
    assert.equal(code, 2, text);
    assert.match(text, /benchmark\.faults: engine-kill: \S+ manages the swarm/);
    assert.equal(runs.names().length, count);
  });

  it("let a consumer leave its group and another one join: everything is delivered", async () => {
    const leave = { at: 8, fault: "consumer-leave", target: "consumer 1", duration: 5 };
    for (const client of ["platformatic", "kafkajs"]) {
      const { code, text } = await runs.bench(
        ...STEP,
        ...["--set", "consumers=2", "--set", `client=${client}`],
        ...faultsOption(leave),
      );
      assert.equal(code, 0, text);
      const [record] = recordsWithoutLoss();
      assert.deepEqual([record?.error, record?.hit], [null, ["consumer-1"]], client);
      assert.ok(record?.startedAt && record.endedAt && record.endedAt - record.startedAt >= 5_000, client);
      const events = readFileSync(path.join(runs.folder, runs.names().at(-1) ?? "", "events.jsonl"), "utf8");
      assert.match(events, /"event":"rebalance"/, client);
    }
  });

  it("slow down a broker's link", async () => {
    const link = {
      at: 6,
      fault: "broker-link",
      target: "leader of partition 0",
      duration: 10,
      rateMbit: 0.2,
    };
    const { code, text } = await runs.bench(...STEP, "--set", "duration=40 seconds", ...faultsOption(link));
    assert.equal(code, 0, text);
    const [record] = recordsWithoutLoss();
    assert.deepEqual([record?.error, record?.hit.length], [null, 1]);
    const { seconds } = runs.onlyStep();
    const first = seconds.find(({ measured }) => measured)?.at ?? 0;
    const p50 = (from: number, to: number) =>
      Math.max(
        ...seconds
          .filter(({ at }) => at >= first + from && at < first + to)
          .map(({ latencyMs }) => latencyMs.p50 ?? 0),
      );
    assert.ok(p50(8, 16) > 3 * p50(0, 5), `${p50(0, 5)} ms, then ${p50(8, 16)} ms`);
    await undone();
  });

  it("take memory of a broker's node", async () => {
    const hog = { at: 6, fault: "memory-hog", target: "broker 1", duration: 10, memoryMiB: 300 };
    let most = 0;
    const { code, text } = await runs.benchWhile(
      [...STEP, "--set", "duration=22", ...faultsOption(hog)],
      once(/memory-hog of broker 1: broker-1/, () => {
        const format =
          "docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' | grep swarmbench-hog || true";
        const look = async () => {
          const [, mib] = / ([\d.]+)MiB/.exec(await project.on("node1", format)) ?? [];
          most = Math.max(most, Number(mib ?? 0));
        };
        for (let sec = 4; sec < 16; sec += 2) setTimeout(() => void look().catch(() => {}), sec * 1_000);
      }),
    );
    assert.equal(code, 0, text);
    const [record] = recordsWithoutLoss();
    assert.deepEqual([record?.error, record?.hit], [null, ["broker-1"]]);
    assert.ok(most >= 290, `${most} MiB`);
    await undone();
  });

  it("fill a broker's disk: it cannot write, ends, and is back when there is room again", async () => {
    const full = { at: 8, fault: "disk-full", target: "leader of partition 0", duration: 15 };
    const { code, text } = await runs.bench(...STEP, "--set", "duration=70 seconds", ...faultsOption(full));
    assert.equal(code, 0, text);
    const [record] = recordsWithoutLoss();
    assert.deepEqual([record?.error, record?.hit.length], [null, 1]);
    const [broker = ""] = record?.hit ?? [];
    const list = `docker service ps --no-trunc --format '{{.CurrentState}}' ${broker}`;
    assert.match(await project.on("node1", list), /Failed/, "the broker went on although it could not write");
    await undone();
  });

  it("end at once at Ctrl-C", async () => {
    const { code, text } = await runs.benchWhile(
      [...STEP, ...faultsOption(pauseOf("broker 2", 20))],
      once(/broker-pause of broker 2: broker-2/, (pid) =>
        setTimeout(() => process.kill(pid, "SIGINT"), 7_000),
      ),
    );
    assert.equal(code, 130, text);
    await undone();
    assert.ok(!existsSync(notes()));
  });

  it("end although the command that executes them is killed", async () => {
    const { code } = await runs.benchWhile(
      [...STEP, ...faultsOption(pauseOf("broker 2", 20))],
      once(/broker-pause of broker 2: broker-2/, (pid) =>
        setTimeout(() => process.kill(pid, "SIGKILL"), 7_000),
      ),
    );
    assert.equal(code, null);
    await undone();
    await runs.bench("--stop");
  });

  it("are found by doctor and undone if their script was killed too", async () => {
    // Another length than above: the same command would fetch the results of the run whose command was killed.
    const { code } = await runs.benchWhile(
      [...STEP, ...faultsOption(pauseOf("broker 2", 21))],
      once(/broker-pause of broker 2: broker-2/, (pid) =>
        setTimeout(async () => {
          // The command would notice this, and undo the fault after two seconds.
          await killFaultScripts(project, "node2");
          process.kill(pid, "SIGKILL");
        }, 7_000),
      ),
    );
    assert.equal(code, null);
    const doctor = async (...args: string[]) => project.run("node", "swarmbench.mjs", "doctor", ...args);
    assert.equal((await faultMarkers(project, NODES)).length, 1);
    assert.match((await doctor()).text, /left over: fault broker-pause of broker-2 on \S+ of stack faults/);
    assert.match((await doctor("--clean")).text, /removed: fault broker-pause of broker-2/);
    await undone();
    await runs.bench("--stop");
  });

  it("of an earlier run are undone before the next run and the next up", async () => {
    const leave = async () => {
      const id = "$(docker ps -q --no-trunc --filter label=com.docker.swarm.service.name=broker-2)";
      const folder = `/var/lib/swarmbench/faults/${project.prefix}`;
      const values = `broker-pause ${id} broker-2 1 1 1`;
      await project.on(
        "node2",
        `mkdir -p ${folder}; printf '%s\\n' ${values} > ${folder}/left; docker pause ${id}`,
      );
    };
    await leave();
    const { code, text } = await runs.bench(...STEP, ...faultsOption(pauseOf("broker 1", 2)));
    assert.equal(code, 0, text);
    assert.match(text, /undone, left by an earlier run: broker-pause of broker-2/);
    // `up` only asks the nodes of a stack with a note, which a killed run leaves.
    await leave();
    const killed = await runs.benchWhile(
      [...STEP, ...faultsOption(pauseOf("broker 1", 20))],
      once(/starting run/, (pid) => setTimeout(() => process.kill(pid, "SIGKILL"), 5_000)),
    );
    assert.equal(killed.code, null);
    await runs.bench("--stop");
    await leave();
    assert.match(await project.mustUp(), /undone, left by an earlier run: broker-pause of broker-2/);
    await undone();
  });

  it("do not keep destroy from leaving nothing", async () => {
    let destroyed: Promise<string> | undefined;
    await runs.benchWhile(
      [...STEP, ...faultsOption(pauseOf("all brokers", 20))],
      once(/broker-pause of all brokers/, () => {
        setTimeout(() => {
          destroyed = project.mustPulumi("destroy", "--yes", "--skip-preview");
        }, 6_000);
      }),
    );
    await destroyed;
    assert.ok(destroyed, "destroy ran during the fault");
    assert.deepEqual(await project.remains(), []);
    const { code, text } = await project.run("node", "swarmbench.mjs", "doctor");
    assert.doesNotMatch(text, /fault/, `doctor ended with ${code}`);
  });
});
