import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { SwarmbenchError } from "../../contract/errors.ts";
import type { Step } from "../../contract/result.ts";
import { networkLength, plannedCount, runLength, stepLength } from "../../contract/runLength.ts";
import { sweepSteps } from "../../contract/sweepSteps.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { FakeReservation, FakeTime } from "../../test/support/fakeReservation.ts";
import { sampleStep } from "../../test/support/sampleRun.ts";
import { leaseOf, missingSec, missingWarning, openReservation } from "../../testbeds/index.ts";
import { LeaseWatch } from "./leaseWatch.ts";
import { outOfTimeError } from "./outOfTime.ts";

const PRODUCERS = [1, 2, 3, 4, 5, 6, 7, 8];
const warmUp = { max: "15 seconds", brokers: "20 seconds" };
const benchmark = benchmarkSchema.parse({
  preheat: "0 seconds",
  warmUp,
  sweep: { producers: PRODUCERS },
});
const planned = { scenario: "site", workload: workloadSchema.parse({}), benchmark, nodes: 0 };
/** The longest step of that benchmark, s: overhead, warm-up of fresh brokers, lead, measured time, drain. */
const LONGEST = 20 + 20 + 2 + 10 + 30;
const LEAST = 3 + 8 + 2 + 10;
const MARGIN = 60;

/** A step of 30 s: warm-up 8, lead 2, measured 10, drain 0.6, overhead 9.4. */
const STEP_SEC = 30;
const STEP_REST = STEP_SEC - 8 - 2 - 10 - 0.6;

interface Options extends Partial<Pick<FakeReservation, "extend" | "extension" | "away">> {
  finished?: Step[];
  more?: object;
}

function watching(leftSec: number | number[], { finished = [], more = {}, ...options }: Options = {}) {
  const time = new FakeTime();
  const reservation = new FakeReservation(time, [leftSec].flat(), options);
  const watch = new LeaseWatch(leaseOf(reservation), reservation.watch, { ...planned, ...more }, finished);
  const at = () => new Date(time.now).toISOString();
  const starts = (step: number) =>
    watch.take(JSON.stringify({ event: "step-started", at: at(), step, values: {} }));
  const ends = (step: number) =>
    watch.take(JSON.stringify({ event: "step", at: at(), result: sampleStep(step, step, 2) }));
  return {
    time,
    reservation,
    watch,
    starts,
    ends,
    lines: reservation.lines,
    calls: reservation.calls,
    /** Runs steps until the watch stops the run. @returns how many steps finished */
    async runs(from = 1): Promise<number> {
      watch.begin();
      for (let step = from; step <= PRODUCERS.length; step += 1) {
        starts(step);
        for (let second = 0; second < STEP_SEC; second += 1) {
          await time.pass(1);
          if (watch.signal.aborted) return step - 1;
        }
        ends(step);
      }
      watch.take(JSON.stringify({ event: "end", at: at() }));
      watch.end();
      return PRODUCERS.length;
    },
  };
}

describe("a run's length", () => {
  it("has as many steps as the sweep runs", () => {
    const values = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    const sweeps = fc.record({ producers: values, consumers: values, partitions: values });
    fc.assert(
      fc.property(sweeps, fc.constantFrom("product", "side by side"), (sweep, combine) => {
        const plan = benchmarkSchema.parse({ sweep, combine });
        assert.equal(plannedCount(plan), sweepSteps(plan).length);
      }),
    );
    const others = [{}, { soak: "1 hour" }, { search: { variable: "rate", from: 1, to: 9 } }];
    assert.deepEqual(
      others.map((each) => plannedCount(benchmarkSchema.parse(each))),
      [1, 1, 0],
    );
  });

  it("is the sum of its steps: from the shortest warm-up to the longest drain", () => {
    assert.deepEqual(stepLength(benchmark), { leastSec: LEAST, mostSec: LONGEST });
    const none = { ...benchmark, network: { ...benchmark.network, enabled: false } };
    assert.deepEqual(runLength(none, 3), { leastSec: 8 * LEAST, mostSec: 8 * LONGEST });
  });

  it("is the duration of a soak", () => {
    const soak = benchmarkSchema.parse({ warmUp, soak: "1 hour" });
    assert.equal(stepLength(soak).mostSec, LONGEST - 10 + 3_600);
  });

  it("is limited by the steps and the time of a search", () => {
    const most = (maxSteps: number, maxTime: string) =>
      runLength(
        benchmarkSchema.parse({
          preheat: "0 seconds",
          warmUp,
          search: { variable: "producers", from: 1, to: 999, maxSteps, maxTime, confirm: "0 seconds" },
        }),
        1,
      ).mostSec;
    assert.equal(most(5, "1 hour"), 5 * LONGEST);
    assert.equal(most(1_000, "10 minutes"), 600 + LONGEST);
  });

  it("includes the preheat, and the longer step that confirms a knee", () => {
    const plan = benchmarkSchema.parse({
      warmUp,
      search: { variable: "producers", from: 1, to: 9, maxSteps: 5 },
    });
    assert.equal(runLength(plan, 1).mostSec, 90 + 20 + 5 * (LONGEST + 50));
    assert.equal(runLength(plan, 1).leastSec, LEAST);
  });

  it("includes the network measurement, which takes longer with more nodes", () => {
    const [two, ten] = [networkLength(benchmark, 2), networkLength(benchmark, 10)];
    assert.ok(two.leastSec >= 6 && ten.leastSec > two.leastSec && ten.mostSec > ten.leastSec);
    assert.equal(networkLength(benchmark, 1).mostSec, 0);
  });
});

describe("the warning about a walltime", () => {
  it("is absent when the whole run fits", () => {
    assert.equal(missingWarning(700, { leastSec: 100, mostSec: 640 }), undefined);
  });

  it("says what is left, what is needed, what may be missing, and what to do", () => {
    assert.equal(
      missingWarning(700, { leastSec: 100, mostSec: 900 }),
      'the benchmark takes from 0:01:40 to 0:15:00, and 0:11:40 of the reservation are left: up to 0:04:20 may be missing. Extend it (npm run reserve -- -s SCENARIO --extend "5 minutes"), or reserve with a longer swarmbench:testbed.walltime',
    );
  });

  it("says how much is missing at least when even the shortest run does not fit", () =>
    assert.match(missingWarning(100, { leastSec: 100, mostSec: 900 }) ?? "", /at least 0:01:00 are missing/));
});

describe("before a run", () => {
  it("OAR is asked once, and nothing is printed or extended when the run fits", async () => {
    const { watch, lines, calls } = watching(8 * LONGEST + MARGIN, { extend: true });
    await watch.before();
    assert.deepEqual([lines, calls], [[], ["jobs"]]);
  });

  it("a warning says how much time is missing, and the run starts, when extending is not allowed", async () => {
    const { watch, lines, calls } = watching(300);
    await watch.before();
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /^warning: .* from 0:03:04 to 0:10:56, and 0:05:00 .* -s site --extend "7 minutes"/,
    );
    assert.deepEqual(calls, ["jobs"]);
  });

  it("the job is extended by the missing time, in whole minutes", async () => {
    const { watch, lines, calls } = watching(300, { extend: true });
    await watch.before();
    assert.deepEqual(calls, ["jobs", "extend 1 by 420", "jobs"]);
    assert.deepEqual(lines, ["job 1 has 0:12:00 left"]);
  });

  it("each of several jobs is extended by its own missing time", async () => {
    const { watch, calls } = watching([900, 600, 300], { extend: true });
    await watch.before();
    assert.deepEqual(calls, ["jobs", "extend 2 by 120", "extend 3 by 420", "jobs"]);
  });

  it("a shorter extension is requested when the full one is denied, and the rest is reported as missing", async () => {
    const { watch, calls, lines } = watching(200, { extend: true, extension: (sec) => sec <= 120 });
    await watch.before();
    assert.deepEqual(
      calls.filter((call) => call !== "jobs"),
      ["extend 1 by 540", "extend 1 by 60"],
    );
    assert.match(lines.join("\n"), /not extended: not by 540[\s\S]*warning: .*0:04:20 .* may be missing/);
  });

  it("no second extension is requested from a testbed that extends no jobs", async () => {
    const { watch, calls, lines } = watching(150, { extend: true, extension: "disabled" });
    await watch.before();
    assert.equal(calls.filter((call) => call.startsWith("extend")).length, 1);
    assert.match(lines.join("\n"), /was not extended: OAR does not extend jobs/);
  });

  it("it is refused with its own exit code when there is no time for a single step", async () => {
    const { watch } = watching(LEAST + MARGIN - 1);
    await assert.rejects(watch.before(), (error: SwarmbenchError) => {
      assert.equal(error.exitCode, 5);
      assert.match(error.text, /nothing was started: 0:01:22 [\s\S]* reserve -- -s site --extend/);
      return true;
    });
    await watching(LEAST + MARGIN).watch.before();
  });

  it("finished steps do not count", async () => {
    const finished = [1, 2, 3, 4, 5].map((step) => sampleStep(step, step, 2));
    const { watch, lines } = watching(3 * LONGEST + MARGIN, { finished });
    await watch.before();
    assert.deepEqual(lines, []);
  });

  it("an OAR that does not answer causes one warning and no failure", async () => {
    const run = watching(300, { away: true });
    await run.watch.before();
    assert.equal(await run.runs(), 8);
    assert.equal(run.lines.length, 1);
    assert.match(run.lines[0] ?? "", /^warning: OAR does not report .* not watched .*cannot reach/);
  });

  it("an OAR without a running job causes a warning too", async () => {
    const { watch, lines } = watching([]);
    await watch.before();
    assert.match(lines.join(), /no job named bench-… runs/);
  });
});

describe("a run on reserved nodes", () => {
  it("runs to its end when it fits, without further requests to OAR", async () => {
    const run = watching(8 * LONGEST + MARGIN);
    await run.watch.before();
    assert.equal(await run.runs(), 8);
    assert.deepEqual([run.calls, run.lines, run.watch.stopped], [["jobs"], [], undefined]);
  });

  it("is stopped cleanly before the first step that may not end in time, and not a step earlier", async () => {
    for (const left of [200, 250, 271, 300]) {
      const run = watching(left);
      await run.watch.before();
      const done = await run.runs();
      // A step takes 30 s; its overhead is known after the first one.
      const longest = LONGEST - 20 + 1.5 * STEP_REST;
      const fitting = PRODUCERS.filter((step) => {
        const begins = (step - 1) * STEP_SEC + 1;
        return left - begins >= (step === 1 ? LONGEST : longest) - 1 + MARGIN;
      });
      assert.equal(done, fitting.length, `${left} s`);
      assert.match(run.watch.stopped ?? "", new RegExp(`; ${done} of 8 steps are done$`));
      const leftSec = (run.reservation.jobs[0]?.walltimeSec ?? 0) - 600 - done * STEP_SEC;
      assert.ok(leftSec > MARGIN, `${leftSec} s to end cleanly`);
    }
  });

  it("asks OAR again before it is stopped: a user may have extended the job", async () => {
    const run = watching(250);
    await run.watch.before();
    run.reservation.lengthenAll(1_000);
    assert.equal(await run.runs(), 8);
    assert.equal(run.calls.length, 2);
  });

  it("asks OAR again even if it reported no time left at an earlier step", async () => {
    const run = watching(LONGEST + MARGIN + 10);
    await run.watch.before();
    run.watch.begin();
    run.starts(1);
    await run.time.pass(29);
    run.reservation.lengthenAll(1_000);
    run.ends(1);
    run.starts(2);
    await run.time.pass(2);
    assert.deepEqual([run.watch.stopped, run.calls.length], [undefined, 3]);
  });

  it("extends its job one step ahead, if that is allowed", async () => {
    let generous = false;
    const run = watching(250, { extend: true, extension: () => generous });
    await run.watch.before();
    run.calls.length = 0;
    generous = true;
    assert.equal(await run.runs(), 8);
    assert.match(run.calls.join(), /jobs,extend 1 by \d+,jobs/);
    assert.equal(run.watch.stopped, undefined);
  });

  it("is stopped when OAR accepts the request but grants nothing", async () => {
    const run = watching(250, { extend: true, extension: "never" });
    const before = run.watch.before();
    await run.time.pass(125);
    await before;
    assert.ok((await run.runs()) < 8);
    assert.match(run.lines.join("\n"), /job 1 was not extended within 60 s/);
  });

  it("uses the last answer of an OAR that stops answering, and warns once", async () => {
    const run = watching(250);
    await run.watch.before();
    run.reservation.away = true;
    const done = await run.runs();
    assert.ok(done > 0 && done < 8, `${done}`);
    assert.equal(run.lines.filter((line) => /its last answer remains valid/.test(line)).length, 1);
  });

  it("is watched as soon as OAR answers", async () => {
    const run = watching(600, { away: true, more: { benchmark: { ...benchmark, duration: 200 } } });
    await run.watch.before();
    run.watch.begin();
    run.starts(1);
    await run.time.pass(60);
    run.reservation.away = false;
    await run.time.pass(600);
    assert.ok(run.watch.signal.aborted);
  });

  it("is stopped a minute before the end when a step takes longer than estimated", async () => {
    const run = watching(LONGEST + MARGIN + 5);
    await run.watch.before();
    run.watch.begin();
    run.starts(1);
    await run.time.pass(LONGEST + 4);
    assert.ok(!run.watch.signal.aborted);
    await run.time.pass(2);
    assert.ok(run.watch.signal.aborted);
    assert.match(run.watch.stopped ?? "", /takes longer than estimated; 0 of 8 steps are done/);
  });

  it("is not stopped if it had already ended when it was followed, however little time is left", async () => {
    const run = watching(MARGIN + 20);
    run.watch.begin();
    for (let step = 1; step <= 8; step += 1) {
      run.starts(step);
      run.ends(step);
      await run.time.pass(0.01);
    }
    run.watch.take('{"event":"end"}');
    await run.time.pass(100);
    assert.equal(run.watch.stopped, undefined);
  });

  it("does not restart the clock of a step when its events come again after a lost connection", async () => {
    const run = watching(LONGEST + MARGIN + 5);
    await run.watch.before();
    run.watch.begin();
    run.starts(1);
    await run.time.pass(40);
    run.starts(1);
    await run.time.pass(5);
    assert.equal(run.watch.stopped, undefined);
  });

  it("counts as expired only after the reservation has ended", async () => {
    const run = watching(100);
    await run.watch.before();
    assert.equal(run.watch.expired, false);
    await run.time.pass(101);
    assert.equal(run.watch.expired, true);
  });
});

describe("a run that was stopped before its reservation ends", () => {
  const run = { scenario: "site", folder: "runs/r", changes: ["sweep.producers=[1,2]"] };

  it("says how to continue, with its changes of --set", () =>
    assert.equal(
      outOfTimeError("3 of 8 steps are done", { ...run, fromUp: false }).text,
      "stopped before the reservation ends: 3 of 8 steps are done\n\nExtend the reservation (npm run reserve -- -s site --extend DURATION), or reserve new nodes after it has ended (pulumi up -s site). Then continue the run: npm run bench -- -s site --set 'sweep.producers=[1,2]' --resume runs/r",
    ));

  it("is continued by the next up if an up started it", () =>
    assert.match(
      outOfTimeError("3 of 8 steps are done", { ...run, changes: [], fromUp: true }).text,
      /wait until it has ended; then pulumi up -s site continues this run, .* without pulumi up: npm run bench -- -s site --resume runs\/r$/,
    ));
});

describe("a plan's reservation", () => {
  const settings = { frontend: "site", user: "ann", port: 22, acceptAnyHostKey: true, api: "ssh" };
  const open = (more: object) => {
    const lines: string[] = [];
    const site = { name: "", settings: { ...settings, ...more }, base: "bench" };
    const reservation = { sites: [site], extend: true };
    return { opened: openReservation({ reservation }, (line) => lines.push(line)), lines };
  };

  it("contains what is needed to reach OAR, without the properties of the job", () => {
    const { opened, lines } = open({});
    assert.deepEqual(
      [opened?.sites.map(({ client, base }) => [client.user, base]), opened?.extend, lines],
      [[["ann", "bench"]], true, []],
    );
  });

  it("that cannot be opened disables the watch with a warning", () => {
    const rest = { url: "https://api.example", shape: "oar", passwordFile: "/nowhere/password" };
    const { opened, lines } = open({ api: "rest", rest });
    assert.equal(opened, undefined);
    assert.match(lines.join(), /^warning: cannot watch .*: testbed.rest.passwordFile/);
  });

  it("covers all sites: the first one to end counts, and a site that does not answer keeps its last answer", async () => {
    const time = new FakeTime();
    const [near, far] = [new FakeReservation(time, [300]), new FakeReservation(time, [200, 900])];
    const sites = [...near.sites, ...far.sites.map((site) => ({ ...site, name: "far" }))];
    const lease = leaseOf({ sites, extend: true, watch: near.watch });
    await lease.extend([]);
    assert.equal(lease.remaining(), 200);
    far.away = true;
    await time.pass(50);
    await lease.extend([240 + MARGIN]);
    assert.equal(lease.remaining(), 150);
    far.away = false;
    await lease.extend([240]);
    assert.equal(missingSec(lease.remaining() ?? 0, 240), 0);
    assert.deepEqual(
      far.calls.filter((call) => call.startsWith("extend")),
      ["extend 1 by 180"],
    );
  });

  it("is absent for nodes that are not reserved", () =>
    assert.equal(openReservation({}, assert.fail), undefined));
});
