// A run whose reservation ends: all of `npm run bench`, with a fake runner and a fake OAR.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import type { SwarmbenchError } from "../../contract/errors.ts";
import { type BenchPlan, type RunRequest, runRequestSchema } from "../../contract/request.ts";
import { type RunEvent, SCHEMA_VERSION } from "../../contract/result.ts";
import type { Scale } from "../../contract/scale.ts";
import { benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { readResults } from "../../results/store.ts";
import { FakeReservation, FakeTime } from "../../test/support/fakeReservation.ts";
import { sampleStep } from "../../test/support/sampleRun.ts";
import type { Arguments } from "./arguments.ts";
import type { Container, RunnerState } from "./container.ts";
import { runOnce } from "./once.ts";
import { noteUnfinished, unfinishedRun } from "./unfinished.ts";

const root = mkdtempSync(path.join(tmpdir(), "swarmbench-outOfTime-"));
after(() => rmSync(root, { recursive: true, force: true }));

const networkOn = (node: string) => ({ nodes: [node], brokers: [{ name: "broker-1", node }] });
const PLAN: BenchPlan = {
  scenario: "site",
  ssh: ["-p", "22", "root@10.0.0.1"],
  image: "10.0.0.1:5000/bench@sha256:1",
  network: "bench",
  labels: [],
  workload: workloadSchema.parse({}),
  target: {
    kafka: { bootstrap: ["broker-1:9092"], brokers: [], security: { protocol: "PLAINTEXT" } },
    brokerMetrics: [],
    network: networkOn("gros-7"),
    agents: { producer: { tasks: 1 }, consumer: { tasks: 1 } },
  } as unknown as BenchPlan["target"],
  benchmark: benchmarkSchema.parse({
    sweep: { producers: [1, 2, 3] },
    warmUp: { brokers: "20 seconds" },
    preheat: "0 seconds",
  }),
  conditions: { source: "built", images: {}, settings: {}, nodes: [{ name: "gros-7", role: "monitor" }] },
  reservation: {
    sites: [{ name: "", settings: { frontend: "SITES-FRONTEND" }, base: "bench" }],
    extend: false,
  },
};

/** What the runner finds out about a run with `scale: auto`. */
const SCALE: Scale = { factor: 1, setting: "auto", carriedPerSec: 400, missedPerSec: null };

/** A runner whose steps take 30 s; `stop` ends it. */
class FakeRunner implements Container {
  request: RunRequest | undefined;
  input = "";
  private stopped = false;
  /** Called as a step begins. */
  onStep: (step: number) => void = () => {};

  private readonly time: FakeTime;
  private readonly cpus: number;
  private readonly gone: boolean;
  /** Whether it does not understand its request, as one of an earlier version. */
  refuses = false;

  constructor(time: FakeTime, cpus = 16, gone = false) {
    this.time = time;
    this.cpus = cpus;
    this.gone = gone;
  }

  find = async (): Promise<RunnerState | undefined> => undefined;
  machines = async () => [{ name: "gros-7", cpus: this.cpus, memoryMiB: 1_000, engine: "29" }];
  exitCode = async () => (this.stopped || this.refuses ? 1 : 0);
  remove = async () => {};
  stop = async () => {
    this.stopped = true;
  };
  start = async (input: string) => {
    this.input = input;
    this.request = runRequestSchema.omit({ target: true }).loose().parse(JSON.parse(input)) as RunRequest;
  };

  async follow(take: (line: string) => void): Promise<number> {
    const { request, time } = this;
    assert.ok(request);
    if (this.refuses) return 0;
    const at = () => new Date(time.now).toISOString();
    const emit = (event: RunEvent) => take(JSON.stringify(event));
    const { run, scenario, conditions, benchmark, finished } = request;
    const resumed = finished.length > 0;
    emit({
      event: "run",
      schemaVersion: SCHEMA_VERSION,
      run,
      scenario,
      at: at(),
      resumed,
      conditions,
      slo: benchmark.slo,
    });
    if (benchmark.scale === "auto" && !request.scale) emit({ event: "scale", at: at(), ...SCALE });
    const steps = benchmark.sweep?.producers ?? [];
    for (let step = finished.length + 1; step <= steps.length && !this.stopped; step += 1) {
      emit({ event: "step-started", at: at(), step, values: { producers: step } });
      this.onStep(step);
      for (let second = 0; second < 30 && !this.stopped; second += 1) await time.pass(1);
      if (!this.stopped) emit({ event: "step", at: at(), result: sampleStep(step, step, 2) });
      if (this.gone) {
        await time.pass(3_600);
        throw new Error("the manager cannot be reached");
      }
    }
    const verdict = this.stopped ? "interrupted" : "ok";
    emit({ event: "end", at: at(), knee: null, searchReason: "", verdict, points: null });
    return 0;
  }
}

interface Attempt {
  results: string;
  left: number;
  fromUp?: boolean;
  plan?: BenchPlan;
  resume?: string;
  changes?: string[];
  cpus?: number;
  gone?: boolean;
  ctrlCAt?: number;
  refuses?: boolean;
}

async function attempt({ results, left, fromUp = true, plan = PLAN, changes = [], ...more }: Attempt) {
  const time = new FakeTime();
  const runner = new FakeRunner(time, more.cpus, more.gone);
  const reservation = new FakeReservation(time, [left]);
  const lines: string[] = [];
  const ctrlC = new AbortController();
  runner.refuses = more.refuses ?? false;
  runner.onStep = (step) => step === more.ctrlCAt && ctrlC.abort();
  const session = {
    plan,
    container: runner,
    signal: ctrlC.signal,
    reservation,
    progress: (line: string) => void lines.push(line),
  };
  const args: Arguments = {
    stack: "site",
    set: changes,
    results,
    fromUp,
    aba: false,
    replicates: 5,
    failOnSlo: false,
    failOnWorse: false,
    stop: false,
    resume: more.resume,
  };
  const ended = await runOnce(session, args, { changes }).then(
    ({ folder }) => ({ code: 0, message: "", folder }),
    ({ exitCode, text }: SwarmbenchError) => ({ code: exitCode, message: text, folder: "" }),
  );
  return { ...ended, lines, runner };
}

const folderOf = (name: string) => path.join(root, name);
const runsIn = (results: string) => readdirSync(results).filter((name) => /^\d{8}T/.test(name));
const only = (results: string) => {
  const [name, ...others] = runsIn(results);
  assert.ok(name !== undefined && others.length === 0, runsIn(results).join());
  return path.join(results, name);
};
const noted = (results: string) => existsSync(path.join(results, ".unfinished-site.json"));
const producersOf = (folder: string) => readResults(folder).steps.map(({ values }) => values.producers);
/** Long enough for one step of 30 s, too short for a second one. */
const SHORT = 155;

describe("a run whose reservation ends", () => {
  const results = folderOf("hand");

  it("keeps its finished steps and their report, and says how many there are and how to continue", async () => {
    const changes = ["producers=7"];
    const { code, message } = await attempt({ results, left: SHORT, fromUp: false, changes });
    const folder = only(results);
    assert.equal(code, 5);
    assert.match(message, /^stopped before the reservation ends: .*; 1 of 3 steps are done\n/);
    assert.match(message, /npm run bench -- -s site --set 'producers=7' --resume \S+-site-\w+$/);
    assert.deepEqual(producersOf(folder), [1]);
    assert.equal(readResults(folder).verdict, "interrupted");
    assert.ok(existsSync(path.join(folder, "report.html")));
  });

  it("can be resumed on other machines, which its results say", async () => {
    const resume = only(results);
    const changes = ["producers=7"];
    const again = await attempt({ results, left: 9_999, fromUp: false, changes, resume, cpus: 32 });
    assert.equal(again.code, 0, again.message);
    assert.equal(only(results), resume);
    assert.deepEqual(producersOf(resume), [1, 2, 3]);
    assert.match(readResults(resume).warnings.join(), /resumed at \S+ under different conditions/);
  });

  it("is resumed with the scale of its loads that it had found out", async () => {
    const scaled = folderOf("scaled");
    const plan: BenchPlan = { ...PLAN, benchmark: { ...PLAN.benchmark, scale: "auto" } };
    const first = await attempt({ results: scaled, left: SHORT, fromUp: false, plan });
    assert.deepEqual([first.code, first.runner.request?.scale], [5, undefined]);
    const resume = only(scaled);
    assert.deepEqual(readResults(resume).scale, SCALE);
    const again = await attempt({ results: scaled, left: 9_999, fromUp: false, plan, resume });
    assert.equal(again.code, 0, again.message);
    assert.deepEqual(again.runner.request?.scale, SCALE);
    assert.deepEqual(readResults(resume).scale, SCALE);
  });

  it("keeps the events it has when the nodes are gone before the run was stopped", async () => {
    const gone = folderOf("gone");
    const { code, message } = await attempt({ results: gone, left: SHORT, gone: true });
    assert.equal(code, 5, message);
    assert.match(
      message,
      /^stopped before the reservation ends: the reservation has ended, and the manager cannot be reached\n/,
    );
    assert.deepEqual(producersOf(only(gone)), [1]);
    assert.ok(noted(gone));
  });

  it("does not blame the reservation after Ctrl-C, and the next up starts a new run", async () => {
    const stopped = folderOf("ctrlC");
    const { code, message } = await attempt({ results: stopped, left: SHORT, ctrlCAt: 2 });
    assert.equal(code, 130, message);
    assert.doesNotMatch(message, /reservation/);
    assert.ok(!noted(stopped));
  });
});

describe("a runner that begins nothing", () => {
  it("may be of an earlier version: the error says how to update it", async () => {
    const { code, message } = await attempt({ results: folderOf("old"), left: 9_999, refuses: true });
    assert.equal(code, 1, message);
    assert.match(message, /ended before it had begun[\s\S]*npm run setup, then pulumi up -s site/);
  });
});

describe("the next up", () => {
  const results = folderOf("up");

  it("resumes the run that the previous up could not finish, as often as needed", async () => {
    const first = await attempt({ results, left: SHORT });
    assert.equal(first.code, 5);
    assert.match(first.message, /; 1 of 3 [\s\S]* then pulumi up -s site continues this run/);
    const second = await attempt({ results, left: SHORT });
    assert.match(second.message, /; 2 of 3 steps are done/);
    assert.equal(second.runner.request?.finished.length, 1);
  });

  it("starts nothing while the old reservation has only seconds left, and still remembers the run", async () => {
    const { code, message, runner } = await attempt({ results, left: 50 });
    assert.equal(code, 5);
    assert.match(message, /^nothing was started/);
    assert.equal(runner.input, "");
    assert.ok(noted(results));
  });

  it("recognizes the run on nodes with other addresses, finishes it, and then forgets it", async () => {
    const plan = {
      ...PLAN,
      image: "10.0.9.9:5000/bench@sha256:1",
      ssh: ["root@10.0.9.9"],
      target: { ...PLAN.target, network: networkOn("gros-41") },
      conditions: { ...PLAN.conditions, nodes: [{ name: "gros-41", role: "monitor" }] },
      reservation: {
        sites: [{ name: "", settings: { frontend: "SITES-FRONTEND" }, base: "other" }],
        extend: true,
      },
    };
    const { code, message, lines, runner } = await attempt({ results, left: 9_999, plan });
    assert.equal(code, 0, message);
    assert.ok(lines.some((line) => line.startsWith("resuming run ")));
    assert.equal(runner.request?.finished.length, 2);
    assert.deepEqual(producersOf(only(results)), [1, 2, 3]);
    assert.ok(!noted(results));
    // Neither the runner nor the results contain the reservation.
    assert.doesNotMatch(runner.input, /reservation|SITES-FRONTEND/);
    assert.doesNotMatch(JSON.stringify(readResults(only(results))), /SITES-FRONTEND/);
  });

  it("ignores the run of another plan or scenario, and a file that cannot be read", () => {
    const folder = mkdtempSync(path.join(root, "notes-"));
    noteUnfinished(folder, "site", { run: "20261124T102030Z-site-0a1b2c", plan: "key" });
    assert.equal(unfinishedRun(folder, "site", "key"), path.join(folder, "20261124T102030Z-site-0a1b2c"));
    assert.equal(unfinishedRun(folder, "site", "other"), undefined);
    assert.equal(unfinishedRun(folder, "lab", "key"), undefined);
    writeFileSync(path.join(folder, ".unfinished-lab.json"), '{"run":"../../etc","plan":"key"}');
    assert.equal(unfinishedRun(folder, "lab", "key"), undefined);
    writeFileSync(path.join(folder, ".unfinished-lab.json"), '{"ru');
    assert.equal(unfinishedRun(folder, "lab", "key"), undefined);
  });
});
