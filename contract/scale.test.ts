import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { benchmarkErrors } from "./benchmarkErrors.ts";
import {
  knownScale,
  type Load,
  leastLoad,
  loadVariable,
  roundedFactor,
  type Scale,
  scaledLoad,
  scaleSentence,
  totalPerSec,
} from "./scale.ts";
import { withValues } from "./stepWorkload.ts";
import { sweepSteps } from "./sweepSteps.ts";
import { type BenchmarkInput, benchmarkSchema, type WorkloadInput, workloadSchema } from "./workload.ts";

const loadOf = (benchmark: BenchmarkInput = {}, workload: WorkloadInput = {}): Load => ({
  workload: workloadSchema.parse(workload),
  benchmark: benchmarkSchema.parse(benchmark),
});
const errorsOf = (benchmark: BenchmarkInput, workload: WorkloadInput = {}) => {
  const load = loadOf(benchmark, workload);
  return benchmarkErrors(load.workload, load.benchmark);
};

/** Any load that can be configured, of each kind. */
const loads = fc
  .record({
    producers: fc.integer({ min: 1, max: 1_000 }),
    rate: fc.constantFrom(0.5, 1, 10, 200),
    total: fc.boolean(),
    topics: fc.constantFrom(1, 1, 1, 4),
    swept: fc.option(fc.uniqueArray(fc.integer({ min: 4, max: 5_000 }), { minLength: 1, maxLength: 8 })),
    name: fc.constantFrom("producers", "rate", "consumers", "messageBytes"),
    combine: fc.constantFrom("product", "side by side"),
    search: fc.option(fc.constantFrom("producers", "rate", "totalRate", "messageBytes")),
    duration: fc.constantFrom("5 seconds", "20 seconds", "60 seconds"),
  })
  .map(({ producers, rate, total, topics, swept, name, combine, search, duration }) => {
    const values = name === "messageBytes" ? swept?.map((value) => value + 40) : swept;
    return loadOf(
      {
        duration,
        combine: combine as "product",
        ...(values && { sweep: { [name]: values, acks: values.map(() => "all") } }),
        ...(search && { search: { variable: search as "rate", from: 64, to: 4_000 } }),
      },
      {
        producers: Math.max(topics, producers),
        topics,
        ...(total ? { totalRate: 5_000 } : { rate }),
      },
    );
  });
const factors = fc.constantFrom(0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1);
const numbersOf = ({ benchmark: { sweep, search } }: Load, variable: keyof NonNullable<typeof sweep>) => [
  ...((sweep?.[variable] ?? []) as number[]),
  ...(search?.variable === variable ? [search.from] : []),
];

describe("a scaled load", () => {
  it("is the load itself at 1", () => {
    fc.assert(fc.property(loads, (load) => assert.equal(scaledLoad(load, 1), load)));
  });

  it("has at least one step, and only valid ones, at any factor", () => {
    fc.assert(
      fc.property(loads, factors, (load, factor) => {
        const { workload, benchmark } = scaledLoad(load, factor);
        const steps = sweepSteps(benchmark);
        assert.ok(steps.length > 0 || benchmark.search);
        for (const values of steps) withValues(workload, values);
        const { search } = benchmark;
        if (search) {
          assert.ok(search.from > 0 && search.from < search.to);
          assert.equal(search.to, load.benchmark.search?.to);
        }
      }),
    );
  });

  it("keeps the order of its values, raises none, and grows with the factor", () => {
    fc.assert(
      fc.property(loads, factors, factors, (load, one, other) => {
        const variable = loadVariable(load);
        const [less, more] = [one, other].sort((a, b) => a - b).map((factor) => scaledLoad(load, factor));
        assert.ok(less && more);
        const before = numbersOf(load, variable).toSorted((a, b) => a - b);
        const ends = [less, more, load].map((each) => {
          const values = numbersOf(each, variable);
          return values.length === 0 ? [] : [Math.min(...values), Math.max(...values)];
        });
        for (const index of [0, 1]) {
          const [a, b, c] = ends.map((each) => each[index] ?? 0) as [number, number, number];
          assert.ok(a <= b && b <= c, `${a} ${b} ${c}`);
        }
        assert.ok(new Set(before).size >= new Set(numbersOf(less, variable)).size);
        const sweep = { [variable]: [...new Set(before)] };
        const ascending = { ...load, benchmark: { ...load.benchmark, sweep } };
        const swept = (scaledLoad(ascending, one).benchmark.sweep?.[variable] ?? []) as number[];
        if (before.length > 0)
          assert.deepEqual(
            swept,
            [...new Set(swept)].sort((a, b) => a - b),
          );
      }),
    );
  });

  it("never changes consumers, brokers, nodes, acks, the size of messages or how they are measured", () => {
    fc.assert(
      fc.property(loads, factors, (load, factor) => {
        const { workload, benchmark } = scaledLoad(load, factor);
        const { producers: _, rate: __, totalRate: ___, ...others } = workload;
        const { producers: _b, rate: __b, totalRate: ___b, ...before } = load.workload;
        assert.deepEqual(others, before);
        for (const name of ["messageBytes", "consumers"] as const) {
          assert.deepEqual(new Set(benchmark.sweep?.[name]), new Set(load.benchmark.sweep?.[name]));
        }
        assert.deepEqual([benchmark.duration, benchmark.slo], [load.benchmark.duration, load.benchmark.slo]);
      }),
    );
  });

  it("is that of the scenarios", () => {
    const producers = [10, 50, 100, 200, 300, 400, 500, 600, 800, 1_000];
    const search = { variable: "producers", from: 100, to: 2_000 } as const;
    const single = scaledLoad(loadOf({ duration: "20 seconds", sweep: { producers }, search }), 0.05);
    assert.deepEqual(single.benchmark.sweep?.producers, [2, 3, 5, 10, 15, 20, 25, 30, 40, 50]);
    assert.deepEqual([single.benchmark.search?.from, single.benchmark.search?.to], [5, 2_000]);
    const consumers = scaledLoad(loadOf({ sweep: { consumers: [1, 2] } }, { producers: 200 }), 0.2);
    assert.deepEqual([consumers.workload.producers, consumers.benchmark.sweep], [40, { consumers: [1, 2] }]);
    const nodes = scaledLoad(loadOf({ sweep: { nodes: [1, 3] } }, { producers: 300, nodes: 1 }), 0.001);
    assert.equal(nodes.workload.producers, 3, "one for each node");
  });

  it("keeps the repetitions of a load that goes up and down again", () => {
    const producers = [10, 100, 110, 400, 100, 10];
    const scaled = scaledLoad(loadOf({ duration: "60 seconds", sweep: { producers } }), 0.01);
    assert.deepEqual(scaled.benchmark.sweep?.producers, [1, 4, 1]);
    const half = scaledLoad(loadOf({ duration: "60 seconds", sweep: { producers } }), 0.5);
    assert.deepEqual(half.benchmark.sweep?.producers, [5, 50, 55, 200, 50, 5]);
    const sweep = { producers, acks: ["all", "all", "all", "all", "all", "all"] };
    const sides = scaledLoad(loadOf({ duration: "60 seconds", sweep, combine: "side by side" }), 0.5);
    assert.deepEqual(sides.benchmark.sweep?.producers, [5, 50, 55, 200, 50, 5]);
  });

  it("drops steps side by side that have become equal, with all of their values", () => {
    const sweep = { producers: [10, 11, 400], acks: ["all", "all", 1] };
    const scaled = scaledLoad(loadOf({ duration: "60 seconds", sweep, combine: "side by side" }), 0.1);
    assert.deepEqual(scaled.benchmark.sweep, { producers: [1, 40], acks: ["all", 1] });
  });
});

describe("the option that carries the load", () => {
  const variableOf = (benchmark: BenchmarkInput, workload: WorkloadInput = {}) =>
    loadVariable(loadOf(benchmark, workload));

  it("is the one that varies, otherwise that of the workload", () => {
    assert.equal(variableOf({ sweep: { producers: [1], rate: [1] } }), "producers");
    assert.equal(variableOf({ sweep: { rate: [1] } }), "rate");
    assert.equal(
      variableOf({ search: { variable: "rate", from: 1, to: 2 }, sweep: { producers: [1] } }),
      "rate",
    );
    assert.equal(variableOf({ sweep: { producers: [1] } }, { totalRate: 100 }), "totalRate");
    assert.equal(variableOf({ sweep: { totalRate: [1] } }), "totalRate");
    assert.equal(variableOf({ sweep: { consumers: [1] } }), "producers");
    assert.equal(variableOf({}, { producers: 3, rate: 1_000 }), "rate");
  });

  it("falls no further than a step can decide on the SLO in four times its time", () => {
    assert.equal(leastLoad(loadOf({ duration: "10 seconds" })), 3);
    assert.equal(leastLoad(loadOf({ duration: "10 seconds" }, { groups: 3 })), 1);
    assert.equal(leastLoad(loadOf({ duration: "10 seconds" }, { topics: 7 })), 7);
    assert.equal(leastLoad(loadOf({ duration: "10 seconds" }, { totalRate: 100 })), 27.5);
    assert.equal(leastLoad(loadOf({ duration: "10 seconds" }, { producers: 5, rate: 100 })), 5.5);
  });

  it("has a total rate", () => {
    const { workload } = loadOf({}, { producers: 5, rate: 4 });
    assert.equal(totalPerSec(workload, {}), 20);
    assert.equal(totalPerSec(workload, { producers: 7 }), 28);
    assert.equal(totalPerSec(workload, { rate: 2, producers: 3 }), 6);
    assert.equal(totalPerSec(workload, { totalRate: 9 }), 9);
    assert.equal(totalPerSec(loadOf({}, { totalRate: 30 }).workload, { producers: 2 }), 30);
  });
});

describe("a factor", () => {
  it("is rounded down to 1, 2 or 5 times a power of ten", () => {
    const cases = [
      [1, 1],
      [0.99, 0.5],
      [0.5, 0.5],
      [0.49, 0.2],
      [0.2, 0.2],
      [0.19, 0.1],
      [0.1, 0.1],
      [0.063, 0.05],
      [0.001, 0.001],
    ] as const;
    for (const [factor, rounded] of cases) assert.equal(roundedFactor(factor), rounded, `${factor}`);
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), (factor) => {
        const rounded = roundedFactor(factor);
        assert.ok(rounded <= factor * (1 + 1e-8) && rounded > 0.39 * factor, `${rounded} for ${factor}`);
      }),
    );
  });

  it("is known before the run if the scenario or an earlier run has it", () => {
    const given: Scale = { factor: 0.2, setting: "auto", carriedPerSec: 400, missedPerSec: 800 };
    assert.equal(knownScale({ scale: "auto" }, given), given);
    assert.equal(knownScale({ scale: "auto" }), undefined);
    assert.equal(knownScale({ scale: "none" }, given), undefined);
    assert.equal(knownScale({}, given), undefined);
    assert.deepEqual(knownScale({ scale: 0.5 }, given)?.factor, 0.5);
  });

  it("is explained in one sentence", () => {
    const scale: Scale = { factor: 0.2, setting: "auto", carriedPerSec: 400, missedPerSec: 800 };
    assert.equal(
      scaleSentence(scale),
      "loads scaled by 0.2 to what this machine can do (scale: auto): 400 messages per second met the SLO in the preheat, 800 did not",
    );
    assert.match(
      scaleSentence({ ...scale, factor: 1, missedPerSec: null }) ?? "",
      /^loads not scaled, .*preheat$/,
    );
    assert.match(scaleSentence({ ...scale, seenIn: "run-1" }) ?? "", /in the preheat of run-1, 800/);
    assert.match(
      scaleSentence({ ...scale, carriedPerSec: null }) ?? "",
      /no load met the SLO in the preheat, from 800/,
    );
    assert.equal(scaleSentence({ ...scale, setting: "fixed" }), "loads scaled by 0.2 (scale: 0.2)");
    assert.equal(scaleSentence(undefined), undefined);
  });
});

describe("the setting scale", () => {
  it("is auto, none or a number from 0.001 to 1, also as a text", () => {
    const scaleOf = (scale: unknown) => benchmarkSchema.safeParse({ scale }).data?.scale;
    assert.deepEqual(["auto", "none", 0.5, "0.5", 1].map(scaleOf), ["auto", "none", 0.5, 0.5, 1]);
    for (const wrong of ["much", 0, 2, -1, "2"]) {
      const { error } = benchmarkSchema.safeParse({ scale: wrong });
      assert.match(error?.issues[0]?.message ?? "", /expected auto, none or a number from 0\.001 to 1/);
    }
    assert.equal("scale" in benchmarkSchema.parse({}), false, "older runs can be resumed");
  });

  it("is an error where nothing can be scaled, or nothing shows what the machine can do", () => {
    assert.deepEqual(errorsOf({ scale: "auto" }), []);
    assert.deepEqual(errorsOf({ scale: 0.5 }), []);
    assert.match(
      errorsOf({ scale: "auto", preheat: "0 seconds" }).join(),
      /benchmark\.scale: .*set a preheat/,
    );
    assert.match(
      errorsOf({ scale: "auto" }, { client: "null" }).join(),
      /benchmark\.scale: client null reaches/,
    );
    assert.deepEqual(errorsOf({ scale: 0.5 }, { client: "null" }), []);
    const tiny = errorsOf({ scale: 0.5, duration: "5 seconds" }, { producers: 10, rate: 1 });
    assert.match(tiny.join(), /benchmark\.scale: there is nothing to scale: a smaller producers/);
    assert.deepEqual(errorsOf({ scale: "none", preheat: "0 seconds" }, { producers: 1, rate: 1 }), []);
  });
});
