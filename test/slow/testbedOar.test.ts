// Machines that a real OAR reserves: from the reservation to the release, and what may go wrong in between.
import assert from "node:assert/strict";
import { readdirSync, readlinkSync, rmSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { TestProject } from "../support/project.ts";
import { describeTestbed, type OarSource, type OnTestbed, oarSource } from "../support/testbedClaims.ts";

/** The job of the first nodes of the stack `wrong`. An id of the checkout is in between. */
const JOB = "wrong-*-1";

describeTestbed("oar", () => oarSource("stack"), {
  whileUp: ({ project, source, measure }) => {
    it("has a job for the first two nodes, and one for the third", async () => {
      const { oar } = source();
      const sizes = await Promise.all((await oar.jobsOfUser("user1")).map((id) => hostsOf(id)));
      assert.deepEqual(sizes.sort(), [1, 2]);

      async function hostsOf(id: number): Promise<number> {
        const [, hosts = ""] =
          /assigned_hostnames = (.*)/.exec(await oar.inside(`oarstat -f -j ${id}`)) ?? [];
        return hosts.split("+").length;
      }
    });

    it("is reserved again and works again after its jobs were deleted from outside", async () => {
      const { oar } = source();
      const before = await oar.jobsOfUser("user1");
      await oar.shell("user1", `oardel ${before.join(" ")}`);
      await eventually(async () => assert.deepEqual(await oar.jobsOfUser("user1"), []));
      const text = await project().mustUp();
      assert.match(text, /was deleted: reserving again/);
      const living = await oar.jobsOfUser("user1");
      assert.ok(living.length > 0 && living.every((id) => !before.includes(id)), living.join(", "));
      assert.equal((await project().swarmNodes()).length, 3);
      await measure();
    });
  },
  afterwards: reservationClaims,
});

function reservationClaims({ source }: OnTestbed<OarSource>): void {
  describe("whose reservation fails", { concurrency: 1 }, () => {
    let project: TestProject;
    const reserves = (nodes: number, more: Record<string, unknown> = {}) =>
      project.setTestbed(source().oar.testbed({ jobName: "wrong", ...more }), nodes);
    const living = () => source().oar.jobsOfUser("user1");
    before(async () => {
      project = await TestProject.create("wrong", { namespace: "lab" });
    });
    after(() => project?.dispose());

    it("is refused if it needs more nodes than exist", async () => {
      reserves(9);
      const { code, text } = await project.up();
      assert.notEqual(code, 0);
      assert.match(text, /not enough resources[\s\S]*Ask for fewer/);
      assert.deepEqual(await living(), []);
    });

    it("times out if another user has all nodes, and leaves no job", async () => {
      const { oar } = source();
      const foreign = await oar.job("user2", "-t", "deploy", "-l", "nodes=3,walltime=0:10:00", "sleep 1000");
      await eventually(async () => assert.equal(await oar.state(foreign), "Running"));
      reserves(2, { timeout: "8 seconds" });
      const { code, text } = await project.up();
      assert.notEqual(code, 0);
      assert.match(text, /job \d+ does not run after 8 s \(Waiting\)[\s\S]*Job \d+ was deleted/);
      assert.deepEqual(await living(), []);
      assert.equal(await oar.state(foreign), "Running");
      await oar.inside(`oardel ${foreign}`);
      await eventually(async () => assert.notEqual(await oar.state(foreign), "Running"));
    });

    for (const [when, kill] of crashes()) {
      it(`leaves no job after a destroy if pulumi was killed ${when}`, async () => {
        reserves(2);
        await kill();
        await project.mustPulumi("cancel", "--yes");
        await project.mustPulumi("destroy", "--yes", "--skip-preview");
        await allEnded(project);
        assert.deepEqual(await living(), []);
      });
    }

    it("leaves a job that the doctor finds if pulumi was killed and its state is lost", async () => {
      reserves(2);
      await whileOarsubAnswers();
      rmSync(path.join(project.directory, ".swarmbench/state/.pulumi"), { recursive: true });
      assert.equal((await living()).length, 1);
      const [id] = await living();
      const doctor = await project.run("node", "swarmbench.mjs", "doctor", "-s", project.stack);
      assert.match(doctor.text, new RegExp(`left over: .*job ${id}`));
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
        ["before it submitted the job", () => project.upUntil(/reservation-1 creating/)],
        ["after OAR had created the job, but before oarsub answered", whileOarsubAnswers],
        ["after oarsub had answered", () => project.upUntil(/submitted job \d+/)],
      ];
    }

    async function whileOarsubAnswers(): Promise<void> {
      const { oar } = source();
      await oar.afterOarsubOf(JOB, "sleep 15");
      const made = () => eventually(async () => assert.equal((await oar.jobsNamed(JOB)).length, 1), 120_000);
      const text = await project.upUntil(made);
      await oar.afterOarsubOf(JOB, "true");
      assert.doesNotMatch(text, /submitted job/, "the killed program did not know the id");
    }
  });
}

/** Processes that the killed pulumi had started may continue for a while. */
function allEnded(project: TestProject): Promise<void> {
  return eventually(() => {
    const running = readdirSync("/proc").filter(
      (pid) => /^\d+$/.test(pid) && folderOf(pid) === project.directory,
    );
    assert.deepEqual(running, []);
  });
}

function folderOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // the process has ended
  }
}
