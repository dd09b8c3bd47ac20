import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type BenchmarkInput, benchmarkSchema, workloadSchema } from "../../contract/workload.ts";
import { nextStep, stepsLeft } from "./index.ts";
import { benchmarkOf } from "./preheat.ts";
import type { Trial } from "./trial.ts";

const search = { variable: "producers", from: 50, to: 700 } as const;
const workload = workloadSchema.parse({});
const benchmarkWith = (more: BenchmarkInput) => benchmarkSchema.parse(more);

/** The answer of a broker to one step. */
type Answer = Partial<Pick<Trial, "verdict" | "p99Ms" | "p50Ms" | "brokersJitThreads" | "seconds">>;

/** Runs the preheat. @returns the loads of its steps, and its trials */
function preheat(answer: (producers: number, step: number) => Answer, more: BenchmarkInput = { search }) {
  const benchmark = benchmarkWith({ preheat: "10 minutes", ...more });
  const history: Trial[] = [];
  for (;;) {
    const next = nextStep(workload, benchmark, history);
    if (!("step" in next) || next.step.phase !== "preheat") break;
    const { phase, values } = next.step;
    const quiet: Trial = {
      phase,
      values,
      verdict: "ok",
      reasons: [],
      p99Ms: 20,
      p50Ms: 5,
      brokersJitThreads: 0,
      seconds: 12,
    };
    history.push({ ...quiet, ...answer(Number(values.producers), history.length) });
    assert.ok(history.length < 100);
  }
  return { loads: history.map(({ values }) => values.producers), history, benchmark };
}

describe("the preheat", () => {
  it("doubles the load up to the largest planned value, and repeats it once to see that latency has settled", () => {
    assert.deepEqual(preheat(() => ({})).loads, [50, 100, 200, 400, 700, 700]);
    const sweep = { sweep: { producers: [300, 10, 40], acks: [1, "all"] } };
    assert.deepEqual(preheat(() => ({}), sweep).loads, [10, 20, 40, 80, 160, 300, 300]);
  });

  it("repeats the workload itself if no number varies", () => {
    assert.equal(preheat(() => ({}), {}).history.length, 2);
    assert.equal(preheat(() => ({}), { soak: "1 hour" }).history.length, 2);
  });

  it("continues while JIT compilers are busy, and while the latency falls", () => {
    const busy = preheat((_, step) => ({ brokersJitThreads: step < 8 ? 0.5 : 0.1 }));
    assert.deepEqual(busy.loads.slice(5), [700, 700, 700, 700]);
    const falling = preheat((_, step) => ({ p50Ms: 100 * 0.5 ** step }));
    assert.ok(falling.loads.length > 6 && falling.loads.length < 12);
  });

  it("stays below the load at which the generator is at its limit or the SLO is badly missed", () => {
    const bound = preheat((load) => (load >= 400 ? { verdict: "generator-bound" } : {}));
    assert.deepEqual(bound.loads, [50, 100, 200, 400, 200]);
    const missed = preheat((load) => (load >= 200 ? { verdict: "slo-missed", p99Ms: 900 } : {}));
    assert.deepEqual(missed.loads, [50, 100, 200, 100]);
  });

  it("tries a load again that was badly missed while JIT compilers were busy", () => {
    const cold = preheat((_, step) =>
      step === 1 ? { verdict: "not-steady", p99Ms: 900, brokersJitThreads: 2 } : {},
    );
    assert.deepEqual(cold.loads.slice(0, 4), [50, 100, 100, 200]);
  });

  it("ends within its time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 15, max: 300 }), fc.integer({ min: 4, max: 14 }), (most, seconds) => {
        const { history } = preheat(
          (_, step) => ({ brokersJitThreads: 1, p50Ms: 1e6 / (step + 1), seconds }),
          {
            search,
            preheat: `${most} seconds`,
          },
        );
        assert.ok(history.length >= 1 && history.length * seconds <= most);
        assert.ok((history.length + 1) * seconds > most);
      }),
      { numRuns: 20 },
    );
  });

  it("is left out with preheat: 0 seconds, and without a broker", () => {
    assert.deepEqual(preheat(() => ({}), { search, preheat: "0 seconds" }).loads, []);
    const benchmark = benchmarkWith({ sweep: { producers: [5] } });
    const next = nextStep(workloadSchema.parse({ client: "null" }), benchmark, []);
    assert.equal("step" in next && next.step.phase, "sweep");
  });

  it("does not count as evidence, nor among the remaining steps", () => {
    const { history, benchmark } = preheat(() => ({ verdict: "slo-missed", p99Ms: 900 }));
    const next = nextStep(workload, benchmark, history);
    assert.deepEqual(next, { step: { phase: "search", values: { producers: 50 } } });
    assert.deepEqual(stepsLeft(workload, benchmark, history), stepsLeft(workload, benchmark, []));
  });

  it("does not start again after the first step", () => {
    const benchmark = benchmarkWith({ search });
    const measured: Trial = {
      phase: "search",
      values: { producers: 50 },
      verdict: "ok",
      reasons: [],
      p99Ms: 5,
      seconds: 20,
    };
    const next = nextStep(workload, benchmark, [measured]);
    assert.equal("step" in next && next.step.phase, "search");
  });

  it("makes the steps after it equally long: they wait for busy JIT compilers only if it ended with busy ones", () => {
    const { history, benchmark } = preheat(() => ({}));
    assert.deepEqual(benchmarkOf("search", benchmark, history).warmUp, { min: 5, max: 5, brokers: 0 });
    const busy = preheat(() => ({ brokersJitThreads: 1 })).history;
    assert.deepEqual(benchmarkOf("search", benchmark, busy).warmUp, { min: 5, max: 5, brokers: 60 });
    assert.deepEqual(benchmarkOf("search", benchmark, []).warmUp, benchmark.warmUp);
    assert.equal(benchmarkOf("confirm", benchmark, history).duration, 60);
    assert.equal(benchmarkOf("preheat", benchmark, []).duration, 6);
  });
});
