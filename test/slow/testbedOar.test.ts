// Machines that a real OAR gives: from the reservation to its release, and what may go wrong between the two.
import assert from "node:assert/strict";
import { readdirSync, readlinkSync, rmSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { TestProject } from "../support/project.ts";
import { describeTestbed, type OarSource, type OnTestbed, oarSource } from "../support/testbedClaims.ts";

describeTestbed("oar", () => oarSource("stack"), {
  whileUp: ({ project, source, measure }) => {
    it("has a job for the first two nodes, and one for the third", async () => {
      const { oar } = source();
      const sizes = await Promise.all((await oar.livingOf("user1")).map((id) => hostsOf(id)));
      assert.deepEqual(sizes.sort(), [1, 2]);

      async function hostsOf(id: number): Promise<number> {
        const [, hosts = ""] =
          /assigned_hostnames = (.*)/.exec(await oar.inside(`oarstat -f -j ${id}`)) ?? [];
        return hosts.split("+").length;
      }
    });

    it("is reserved again where its jobs were deleted from outside, and works again", async () => {
      const { oar } = source();
      const before = await oar.livingOf("user1");
      await oar.shell("user1", `oardel ${before.join(" ")}`);
      await eventually(async () => assert.deepEqual(await oar.livingOf("user1"), []));
      const text = await project().mustUp();
      assert.match(text, /was deleted: reserving again/);
      const living = await oar.livingOf("user1");
      assert.ok(living.length > 0 && living.every((id) => !before.includes(id)), living.join(", "));
      assert.equal((await project().swarmNodes()).length, 3);
      await measure();
    });
  },
  afterwards: reservationClaims,
});

function reservationClaims({ source }: OnTestbed<OarSource>): void {
  describe("whose reservation goes wrong", { concurrency: 1 }, () => {
    let project: TestProject;
    const reserves = (nodes: number, more: Record<string, unknown> = {}) =>
      project.setTestbed(source().oar.testbed({ jobName: "wrong", ...more }), nodes);
    const living = () => source().oar.livingOf("user1");
    before(async () => {
      project = await TestProject.create("wrong", { namespace: "lab" });
    });
    after(() => project?.dispose());

    it("takes no more nodes than there are, and says so", async () => {
      reserves(9);
      const { code, text } = await project.up();
      assert.notEqual(code, 0);
      assert.match(text, /not enough resources[\s\S]*Ask for fewer/);
      assert.deepEqual(await living(), []);
    });

    it("gives up where another user has all nodes, says so, and leaves no job", async () => {
      const { oar } = source();
      const theirs = await oar.job("user2", "-t", "deploy", "-l", "nodes=3,walltime=0:10:00", "sleep 1000");
      await eventually(async () => assert.equal(await oar.state(theirs), "Running"));
      reserves(2, { timeout: "8 seconds" });
      const { code, text } = await project.up();
      assert.notEqual(code, 0);
      assert.match(text, /job \d+ does not run after 8 s \(Waiting\)[\s\S]*Job \d+ was deleted/);
      assert.deepEqual(await living(), []);
      assert.equal(await oar.state(theirs), "Running");
      await oar.inside(`oardel ${theirs}`);
      await eventually(async () => assert.notEqual(await oar.state(theirs), "Running"));
    });

    for (const [when, kill] of crashes()) {
      it(`leaves no job to a destroy, when pulumi was killed ${when}`, async () => {
        reserves(2);
        await kill();
        await project.mustPulumi("cancel", "--yes");
        await project.mustPulumi("destroy", "--yes", "--skip-preview");
        await allEnded(project);
        assert.deepEqual(await living(), []);
      });
    }

    it("leaves no job to the doctor, when pulumi was killed and its state is lost", async () => {
      reserves(2);
      await whileOarsubAnswers();
      rmSync(path.join(project.directory, ".swarmbench/state/.pulumi"), { recursive: true });
      assert.equal((await living()).length, 1);
      const [id] = await living();
      const found = await project.run("node", "swarmbench.mjs", "doctor", "-s", project.stack);
      assert.match(found.text, new RegExp(`left over: .*job ${id}`));
      const { code, text } = await project.run(
        ...(["node", "swarmbench.mjs", "doctor", "-s", project.stack, "--clean"] as const),
      );
      assert.equal(code, 0, text);
      await allEnded(project);
      assert.deepEqual(await living(), []);
      await project.must("pulumi", "stack", "init", project.stack);
    });

    function crashes(): [when: string, kill: () => Promise<unknown>][] {
      return [
        ["before it asked for the job", () => project.upUntil(/reservation-1 creating/)],
        ["when OAR had made the job, and before it said so", whileOarsubAnswers],
        ["when it had heard of the job", () => project.upUntil(/job \d+ is made/)],
      ];
    }

    async function whileOarsubAnswers(): Promise<void> {
      const { oar } = source();
      await oar.afterOarsubOf("wrong-1", "sleep 15");
      const made = () =>
        eventually(async () => assert.equal((await oar.living("wrong-1")).length, 1), 120_000);
      const text = await project.upUntil(made);
      await oar.afterOarsubOf("wrong-1", "true");
      assert.doesNotMatch(text, /is made/, "it knew no id");
    }
  });
}

/** What the killed pulumi had begun may go on for a while. */
function allEnded(project: TestProject): Promise<void> {
  return eventually(() => {
    const there = readdirSync("/proc").filter(
      (pid) => /^\d+$/.test(pid) && folderOf(pid) === project.directory,
    );
    assert.deepEqual(there, []);
  });
}

function folderOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // it has ended since
  }
}
