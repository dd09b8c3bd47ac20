import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { SwarmbenchError } from "../../contract/errors.ts";
import { stackPrefix, userName } from "../../lib/stackName.ts";
import type { OarClient } from "../../testbeds/oar/client.ts";
import type { OarErrorCode } from "../../testbeds/oar/errors.ts";
import { extend } from "../../testbeds/oar/extend.ts";
import { endError, endOf } from "../../testbeds/oar/jobEnd.ts";
import { machineId, namedJobBase } from "../../testbeds/oar/names.ts";
import { openClient } from "../../testbeds/oar/open.ts";
import { planSlots } from "../../testbeds/oar/plan.ts";
import { release, releaseJob } from "../../testbeds/oar/release.ts";
import type { JobRequest } from "../../testbeds/oar/request.ts";
import { reserve } from "../../testbeds/oar/reserve.ts";
import type { Watch } from "../../testbeds/watch.ts";
import { eventually } from "../support/eventually.ts";
import { OarLab } from "../support/oarLab.ts";
import { oarSettingsOf } from "../support/oarSettings.ts";
import { copySources } from "../support/project.ts";

const NODES = ["node-1", "node-2", "node-3", "node-4"];
interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * @param version of OAR
 * @param suite of Debian that has it. @default that of all other images
 */
const reservationOn = (version: string, suite?: string) => () => {
  let lab: OarLab;
  let ssh: OarClient;
  let rest: OarClient;
  /** Submitted by hand at the start, so that its walltime of a few seconds is over at the end. */
  let short: number;
  before(async () => {
    lab = await OarLab.start(NODES, ["user1", "user2"], { suite });
    copySources(lab.directory); // the program reads the scenarios of its own folder
    ssh = clientOf(lab.testbed());
    rest = clientOf(lab.rest());
    short = await lab.job("user1", "-n", "short-1", "-l", "nodes=1,walltime=0:00:05", "sleep 1000");
  });
  after(async () => {
    const { name } = lab;
    await lab.dispose();
    assert.doesNotMatch(await lab.docker("ps", "--all", "--format", "{{.Names}}"), new RegExp(name));
  });

  const clientOf = (testbed: Record<string, unknown>) => openClient(oarSettingsOf(testbed), lab.directory);

  function watching(signal?: AbortSignal): Watch & { lines: string[] } {
    const lines: string[] = [];
    const sleep = (ms: number) => delay(ms);
    return { now: Date.now, sleep, progress: (line) => lines.push(line), signal, lines };
  }

  /** How the names of a scenario's jobs begin if its `jobName` is the scenario's name. */
  const baseOf = (scenario: string) => {
    const prefix = stackPrefix("", userName(), scenario);
    return namedJobBase(scenario, { prefix, directory: lab.directory }, machineId());
  };

  const wanted = (name: string, nodes: number, more: Partial<JobRequest> = {}): JobRequest => ({
    name,
    nodes,
    walltimeSec: 600,
    types: [],
    ...more,
  });

  const fails = (what: Promise<unknown>, code: OarErrorCode, message: RegExp) =>
    assert.rejects(what, (error: SwarmbenchError) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.text, message);
      return true;
    });

  function tool(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, ["swarmbench.mjs", "reserve", ...args], {
      cwd: lab.directory,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    child.stderr.on("data", (data) => {
      stderr += data;
    });
    const ended = new Promise<Ended>((resolve) =>
      child.on("close", (code) => resolve({ code, stdout, stderr })),
    );
    return { child, ended };
  }
  const toolOf = (...args: string[]) => tool(...args).ended;

  const CUT_CONNECTION =
    "p=$$; until ps -o comm= -p $p | grep -q ^sshd; do p=$(ps -o ppid= -p $p | tr -d ' '); done; kill $p; sleep 1";

  it("is made on the version that the suite has", async () => {
    const printed = await lab.inside("oarsub --version");
    assert.ok(printed.includes(`: ${version} `), printed);
  });

  // Most of the time is spent waiting for OAR, so two groups run at a time. A node that becomes absent loses its jobs, so that
  // test is in the group with the long job.
  describe("two groups at a time", { concurrency: 2 }, () => {
    describe("a long job", { concurrency: 1 }, () => {
      describe("of two nodes", () => {
        const NAME = "pair";
        let base: string;
        let id: number;
        before(() => {
          base = baseOf(NAME);
        });

        it("is submitted by npm run reserve, which prints the addresses of its nodes", async () => {
          lab.scenario(NAME, 2, lab.testbed({ jobName: NAME }));
          const { code, stdout, stderr } = await toolOf("-s", NAME);
          assert.equal(code, 0, stderr);
          const line = (address: string) => `Reserving node.. Reserved with IP: ${address}\n`;
          const addresses = stdout.match(/127\.0\.1\.\d/g) ?? [];
          assert.equal(new Set(addresses).size, 2);
          assert.equal(stdout, addresses.map(line).join(""));
          id = (await lab.jobsNamed(`${base}-1`))[0] ?? 0;
          assert.match(stderr, new RegExp(`job ${id} runs on node-\\d, node-\\d, 0:0\\d:\\d\\d left`));
        });

        it("is adopted when it is reserved again", async () => {
          const { code, stderr } = await toolOf("-s", NAME);
          assert.equal(code, 0, stderr);
          assert.match(stderr, /using the existing job \d+ \(Running\)/);
          assert.deepEqual(await lab.jobsNamed(`${base}-1`), [id]);
        });

        it("is the same job with the same nodes through the REST API", async () => {
          const { job, adopted } = await reserve(rest, wanted(`${base}-1`, 2), watching(), {
            timeoutSec: 30,
          });
          assert.deepEqual([job.id, adopted], [id, true]);
          assert.deepEqual(job.addresses, (await ssh.job(id))?.addresses);
        });

        it("is not adopted for three nodes or for a longer walltime", async () => {
          const reserving = (request: JobRequest) => reserve(ssh, request, watching(), { timeoutSec: 30 });
          await fails(reserving(wanted(`${base}-1`, 3)), "oar-other-shape", /job \d+ has 2 nodes, not 3/);
          const longer = wanted(`${base}-1`, 2, { walltimeSec: 3600 });
          await fails(
            reserving(longer),
            "oar-other-shape",
            /0:10:00 of walltime, not 1:00:00[\s\S]*--extend/,
          );
          assert.deepEqual(await lab.jobsNamed(`${base}-1`), [id]);
        });

        it("is not extended if the testbed does not allow it, and the hint says what to do", async () => {
          await lab.allowExtension(false);
          await fails(
            extend(ssh, id, 60, watching()),
            "oar-walltime-disabled",
            /set a longer testbed.walltime/,
          );
          await fails(
            extend(rest, id, 60, watching()),
            "oar-walltime-disabled",
            /set a longer testbed.walltime/,
          );
        });

        it("is extended if the testbed allows it, by oarwalltime and by the REST API", async () => {
          await lab.allowExtension(true);
          assert.equal((await extend(ssh, id, 300, watching())).walltimeSec, 900);
          assert.equal((await extend(rest, id, 300, watching())).walltimeSec, 1200);
          assert.equal(
            endError((await ssh.job(id)) ?? assert.fail()),
            undefined,
            "an extension is not an expiry",
          );
        });

        it("is not extended beyond the limit", async () => {
          await fails(
            extend(ssh, id, 5 * 3600, watching()),
            "oar-walltime-refused",
            /cannot increase by more/,
          );
          await fails(
            extend(rest, id, 5 * 3600, watching()),
            "oar-walltime-refused",
            /cannot increase by more/,
          );
        });

        it("gets a third node from a second job, and loses it again, while the first job is kept", async () => {
          lab.scenario(NAME, 3, lab.testbed({ jobName: NAME }));
          const grown = await toolOf("-s", NAME);
          assert.equal(grown.code, 0, grown.stderr);
          assert.equal(new Set(grown.stdout.match(/127\.0\.1\.\d/g)).size, 3);
          assert.deepEqual(await lab.jobsNamed(`${base}-1`), [id]);
          assert.equal((await lab.jobsNamed(`${base}-2`)).length, 1);
          lab.scenario(NAME, 2, lab.testbed({ jobName: NAME }));
          const shrunk = await toolOf("-s", NAME);
          assert.equal(shrunk.code, 0, shrunk.stderr);
          assert.deepEqual([await lab.jobsNamed(`${base}-1`), await lab.jobsNamed(`${base}-2`)], [[id], []]);
        });

        it("is reserved again after its job was deleted from outside", async () => {
          await lab.shell("user1", `oardel ${id}`);
          await eventually(async () => {
            const ended = endError((await ssh.job(id)) ?? assert.fail());
            assert.equal(ended?.code, "oar-killed");
            assert.match(ended.text, /was deleted.*FRAG_JOB_REQUEST[\s\S]*npm run reserve/);
          });
          assert.equal(planSlots(base, await ssh.jobs(base), 2).slots[0]?.job, undefined);
          const watch = watching();
          const { job, adopted } = await reserve(ssh, wanted(`${base}-1`, 2), watch, { timeoutSec: 60 });
          assert.ok(!adopted && job.id > id);
          assert.ok(
            watch.lines.some((line) => line.includes(`job ${id} was deleted: reserving again`)),
            watch.lines.join("\n"),
          );
        });

        it("is deleted with --delete, while another user's job of the same name keeps running", async () => {
          const foreign = await lab.job(
            "user2",
            "-n",
            `${base}-1`,
            "-l",
            "nodes=1,walltime=0:05:00",
            "sleep 1000",
          );
          await eventually(async () => assert.equal(await lab.state(foreign), "Running"));
          const { code, stderr } = await toolOf("-s", NAME, "--delete");
          assert.equal(code, 0, stderr);
          assert.deepEqual(await lab.jobsNamed(`${base}-1`), [foreign]);
          assert.equal(await lab.state(foreign), "Running");
          await fails(
            releaseJob(ssh, foreign, watching()),
            "oar-not-owner",
            /not the right user[\s\S]*Only the job's owner/,
          );
          await fails(releaseJob(rest, foreign, watching()), "oar-not-owner", /not the right user/);
          await lab.inside(`oardel ${foreign}`);
        });
      });

      describe("while a node is absent", () => {
        before(() => lab.setNode("node-4", "Absent"));
        after(() => lab.setNode("node-4", "Alive"));

        it("reports OAR's message while it waits, then times out and leaves no job", async () => {
          const watch = watching();
          const reserving = reserve(ssh, wanted("absent-1", 4), watch, { timeoutSec: 12 });
          await fails(
            reserving,
            "oar-timeout",
            /not run after 12 s[\s\S]*3 Alive, 1 Absent[\s\S]*Job \d+ was deleted/,
          );
          assert.ok(
            watch.lines.some((line) => /Waiting, .*No enough matching resources/.test(line)),
            watch.lines.join("\n"),
          );
          assert.deepEqual(await lab.jobsNamed("absent-1"), []);
        });

        it("is interrupted by Ctrl-C, which deletes the submitted job", async () => {
          lab.scenario("ctrl", 4, lab.testbed({ jobName: "ctrl" }));
          const { child, ended } = tool("-s", "ctrl");
          await eventually(async () => assert.equal((await lab.jobsNamed(`${baseOf("ctrl")}-1`)).length, 1));
          child.kill("SIGINT");
          const { code, stderr } = await ended;
          assert.equal(code, 130, stderr);
          assert.match(stderr, /Job \d+ was deleted/);
          assert.deepEqual(await lab.jobsNamed(`${baseOf("ctrl")}-1`), []);
        });

        it("keeps an existing job when it times out", async () => {
          const id = await lab.job("user1", "-n", "kept-1", "-l", "nodes=4,walltime=0:10:00", "sleep 1000");
          await fails(
            reserve(ssh, wanted("kept-1", 4), watching(), { timeoutSec: 1 }),
            "oar-timeout",
            /job \d+/,
          );
          assert.deepEqual(await lab.jobsNamed("kept-1"), [id]);
          await release(ssh, "kept", watching());
        });
      });
    });
    describe("a short job", { concurrency: 1 }, () => {
      it("can be deleted twice, and deleting an unknown job succeeds", async () => {
        const id = await lab.job("user1", "-n", "twice-1", "-l", "nodes=1,walltime=0:05:00", "sleep 1000");
        await releaseJob(ssh, id, watching());
        await releaseJob(ssh, id, watching());
        await releaseJob(rest, id, watching());
        await releaseJob(ssh, 99_999, watching());
        await releaseJob(rest, 99_999, watching());
        assert.deepEqual(await release(ssh, "twice", watching()), []);
        assert.equal(endOf((await ssh.job(id)) ?? assert.fail()), "deleted");
      });

      it("is refused with the ids if two jobs fit; --delete deletes both", async () => {
        const make = () => lab.job("user1", "-n", "double-1", "-l", "nodes=1,walltime=0:10:00", "sleep 1000");
        const ids = [await make(), await make()];
        const request = wanted("double-1", 1);
        const message = new RegExp(`2 jobs named double-1 fit: ${ids.join(", ")}`);
        await fails(reserve(ssh, request, watching(), { timeoutSec: 30 }), "oar-ambiguous", message);
        await fails(reserve(rest, request, watching(), { timeoutSec: 30 }), "oar-ambiguous", message);
        assert.deepEqual(await release(ssh, "double", watching()), ids);
        assert.deepEqual(await lab.jobsNamed("double-1"), []);
      });

      for (const [what, more, code, message] of [
        [
          "more nodes than there are",
          { nodes: 9 },
          "oar-not-enough-nodes",
          /not enough resources[\s\S]*Ask for fewer/,
        ],
        [
          "an unknown property",
          { properties: "cluster='zz'" },
          "oar-bad-request",
          /"cluster" does not exist/,
        ],
        ["an unknown type", { types: ["bogus"] }, "oar-bad-type", /unknown job type: bogus/],
        ["an unknown queue", { queue: "nosuch" }, "oar-bad-queue", /queue '?nosuch'? does not exist/],
        ["a start in the past", { start: "2020-01-01 00:00:00" }, "oar-start-refused", /too old/],
      ] as [string, Partial<JobRequest>, OarErrorCode, RegExp][]) {
        it(`is refused for ${what}, with OAR's message and a hint, and leaves no job`, async () => {
          const request = { ...wanted("refused-1", 1), ...more };
          const submitting = (way: OarClient) => reserve(way, request, watching(), { timeoutSec: 30 });
          await Promise.all([fails(submitting(ssh), code, message), fails(submitting(rest), code, message)]);
          await eventually(async () => assert.deepEqual(await lab.jobsNamed("refused-1"), []));
        });
      }

      it("is found by its name and deleted if the command was killed before oarsub had answered", async () => {
        const name = `${baseOf("crash")}-1`;
        await lab.afterOarsubOf(name, "sleep 15");
        lab.scenario("crash", 1, lab.testbed({ jobName: "crash" }));
        const { child, ended } = tool("-s", "crash");
        await eventually(async () => assert.equal((await lab.jobsNamed(name)).length, 1));
        child.kill("SIGKILL");
        assert.doesNotMatch((await ended).stderr, /submitted job/, "the killed command did not know the id");
        const [id] = await lab.jobsNamed(name);
        const { code, stderr } = await toolOf("-s", "crash", "--delete");
        assert.equal(code, 0, stderr);
        assert.match(stderr, new RegExp(`deleted: job ${id}`));
        assert.deepEqual(await lab.jobsNamed(name), []);
      });

      it("is found by its name and used if the connection was lost during the submission", async () => {
        await lab.afterOarsubOf("lost-1", CUT_CONNECTION);
        const watch = watching();
        const { adopted } = await reserve(ssh, wanted("lost-1", 1), watch, { timeoutSec: 60 });
        assert.equal(adopted, false);
        assert.ok(
          watch.lines.some((line) => /the connection was lost .*found job \d+ by its name/.test(line)),
          watch.lines.join("\n"),
        );
        assert.equal((await lab.jobsNamed("lost-1")).length, 1);
        await release(ssh, "lost", watching());
      });

      it("of type noop reserves nodes, runs nothing, and is over after its deletion without a failure", async () => {
        const request = wanted("noop-1", 1, { types: ["noop"] });
        const { job } = await reserve(ssh, request, watching(), { timeoutSec: 60 });
        assert.equal(job.addresses.length, 1);
        await releaseJob(ssh, job.id, watching());
        assert.deepEqual([await lab.state(job.id), await lab.jobsNamed("noop-1")], ["Terminated", []]);
      });

      describe("through the REST API", () => {
        it("is submitted, has nodes once it runs, and is deleted", async () => {
          const request = wanted("api-1", 2, { types: ["deploy"], properties: "deploy='YES'" });
          const { job, adopted } = await reserve(rest, request, watching(), { timeoutSec: 60 });
          assert.deepEqual([adopted, job.addresses.length, job.nodes], [false, 2, 2]);
          assert.deepEqual([...job.addresses].sort(), [...((await ssh.job(job.id))?.addresses ?? [])].sort());
          assert.deepEqual(await release(rest, "api", watching()), [job.id]);
          assert.deepEqual(await lab.jobsNamed("api-1"), []);
        });

        it("is refused to an empty user name", async () => {
          const settings = oarSettingsOf(lab.rest());
          const nobody = openClient({ ...settings, user: "" }, lab.directory);
          await fails(nobody.submit(wanted("nobody-1", 1)), "oar-unauthorised", /401[\s\S]*passwordFile/);
        });
      });

      it("has expired once its walltime is over", async () => {
        await eventually(async () => {
          const ended = endError((await ssh.job(short)) ?? assert.fail());
          assert.equal(ended?.code, "oar-expired");
          assert.match(
            ended.text,
            /the walltime of 0:00:05 of job \d+ is over[\s\S]*longer testbed.walltime/,
          );
        }, 40_000);
        const other = await rest.job(short);
        assert.equal(other && endOf(other), "expired");
        assert.equal((await ssh.latest("short-1"))?.id, short);
        assert.equal((await rest.latest("short-1"))?.id, short);
      });

      describe("a frontend that", () => {
        it("does not exist is an unreachable one", async () => {
          const nowhere = clientOf(lab.testbed({ port: 1 }));
          await fails(nowhere.jobs("x"), "oar-unreachable", /127\.0\.0\.1:1[\s\S]*Connection refused/);
        });

        it("has another host key than the pinned one is not trusted", async () => {
          const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
          await fails(
            clientOf(lab.testbed({ hostKey })).jobs("x"),
            "oar-denied",
            /Host key verification failed/,
          );
        });

        it("does not know the user refuses the login", async () => {
          await fails(clientOf(lab.testbed({ user: "nobody" })).jobs("x"), "oar-denied", /Permission denied/);
        });

        it("is reached through a jump host", async () => {
          const { hostKey: _, port, ...testbed } = lab.testbed();
          const jump = clientOf({
            ...testbed,
            port: 22,
            jump: `user2@127.0.0.1:${port}`,
            acceptAnyHostKey: true,
          });
          assert.deepEqual(await jump.jobs("nothing"), []);
        });
      });
    });
  });

  it("a server that hangs is waited for no longer than the timeout, and deletes the job when it continues", async () => {
    await lab.freezeServer(true);
    const reserving = reserve(ssh, wanted("frozen-1", 1), watching(), { timeoutSec: 5 });
    await fails(reserving, "oar-timeout", /not run after 5 s[\s\S]*registered the deletion of job \d+/);
    assert.equal((await lab.jobsNamed("frozen-1")).length, 1);
    await lab.freezeServer(false);
    await eventually(async () => assert.deepEqual(await lab.jobsNamed("frozen-1"), []));
  });

  it("a server that is down is reported at once, and when it is back, the job that it had queued is deleted", async () => {
    await lab.stopServer();
    const reserving = reserve(ssh, wanted("down-1", 1), watching(), { timeoutSec: 60 });
    await fails(
      reserving,
      "oar-server-down",
      /cannot connect to executor[\s\S]*registered its deletion[\s\S]*try again later/i,
    );
    await lab.startServer();
    assert.equal((await release(ssh, "down", watching())).length, 1);
    assert.deepEqual(await lab.jobsNamed("down-1"), []);
  });
};

describe("a reservation on a real OAR 2.5.9", { concurrency: 1 }, reservationOn("2.5.9"));
describe("a reservation on a real OAR 2.6.1", { concurrency: 1 }, reservationOn("2.6.1", "trixie"));
