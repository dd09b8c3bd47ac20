import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { type MeasuredStep, type Run, runSchema, type Step } from "../../contract/result.ts";
import { VERDICTS } from "../../contract/verdicts.ts";
import { readCsv } from "../../test/support/readCsv.ts";
import { exported, fileOf } from "../../test/support/sampleExport.ts";
import { sampleRun, sampleStep } from "../../test/support/sampleRun.ts";
import type { Chart } from "../report/charts/chart.ts";
import { axis } from "../report/charts/draw.ts";
import { chartsAt } from "../report/charts/list.ts";
import { trialSeries } from "../report/charts/trials.ts";
import { figureCsv } from "./csv.ts";
import { type Figure, figureOf, figuresOf } from "./figures.ts";
import { pgfplotsFiles } from "./pgfplots.ts";

/** What a stranger has: the files alone. */
let files: Map<string, string>;
let run: Run;
before(() => {
  files = exported({ ...sampleRun(), steps: [...sampleRun().steps, repeated()] });
  run = runSchema.parse(JSON.parse(fileOf(files, "run.json")));
});

/** A second trial of a load, with another verdict. */
function repeated(): Step {
  return { ...sampleStep(7, 500, 20, "slo-missed"), verdict: "generator-bound" };
}

/** The points of a series, as numbers; an empty field is null. */
function points(figure: string, series: string): [x: number | string | null, y: number | null][] {
  const number = (text: string) => (text === "" ? null : Number(text));
  const rows = readCsv(fileOf(files, `figures/${figure}.csv`)).filter((row) => row.series === series);
  return rows.map(({ x = "", y = "" }) => [Number.isNaN(Number(x)) ? x : number(x), number(y)]);
}

const measured = () => run.steps as MeasuredStep[];
const byLoad = () => measured().toSorted((a, b) => a.producers - b.producers);

describe("a figure can be rebuilt from the files of an export", () => {
  it("latency: every percentile of every step, with the shape of its verdict", () => {
    for (const percentile of ["p50", "p90", "p99", "p99.9"] as const) {
      assert.deepEqual(
        points("latency", percentile),
        byLoad().map(({ producers, latencyMs }) => [producers, latencyMs[percentile]]),
      );
    }
    const markers = readCsv(fileOf(files, "figures/latency.csv")).filter(({ series }) => series === "p99");
    assert.deepEqual(
      markers.map(({ marker }) => marker),
      byLoad().map(({ verdict }) => VERDICTS[verdict].symbol),
    );
  });

  it("load: messages per second that were due and that arrived", () => {
    for (const [name, field] of [
      ["offered", "offered"],
      ["received", "delivered"],
    ] as const)
      assert.deepEqual(
        points("delivered", name),
        byLoad().map((step) => [step.producers, step[field] / step.durationSeconds]),
      );
  });

  it("CPU: by the name of the step", () => {
    assert.deepEqual(
      points("cpu", "busiest machine"),
      measured().map((step) => [`${step.step}: producers ${step.producers}`, step.busiestMachine?.cpusBusy]),
    );
  });

  it("percentiles: the CSV agrees with the histograms of the steps", () => {
    for (const { step, producers } of measured()) {
      const text = fileOf(files, `hgrm/step-00${step}-latency.hgrm`);
      const rows = [...text.matchAll(/^ +([\d.]+) ([\d.]+) +(\d+)/gm)].map(([, ms, share]) => [
        Number(share),
        Number(ms),
      ]);
      const spectrum = points("spectrum", `${step}: producers ${producers}`);
      assert.ok(spectrum.length >= 3 && rows.length > 10);
      for (const [x, y] of spectrum) {
        const share = 1 - 1 / Number(x);
        const [, least = 0] = rows.findLast(([at = 0]) => at <= share + 1e-9) ?? [0, 0];
        const [, most = 0] = rows.find(([at = 0]) => at >= share - 1e-9) ?? [];
        assert.ok(
          Number(y) >= 0.998 * least && Number(y) <= 1.002 * most,
          `${least} <= ${y} <= ${most} at ${share}`,
        );
      }
    }
  });

  it("timeline: every second, with a gap between two steps", () => {
    const seconds = readCsv(fileOf(files, "seconds.csv"));
    const start = Number(seconds[0]?.at);
    const expected = measured().flatMap(({ step }, index) => [
      ...(index === 0 ? [] : [[null, null]]),
      ...seconds
        .filter((row) => Number(row.step) === step)
        .map((row) => [Number(row.at) - start, Number(row["latencyMs.p99"])]),
    ]);
    assert.deepEqual(points("timeline", "p99"), expected);
  });

  it("marks: the SLO, the knee, its interval and the measured time of each step", () => {
    const marks = readCsv(fileOf(files, "figures/marks.csv"));
    const latency = marks.filter(({ figure }) => figure === "latency");
    assert.deepEqual(
      latency.map(({ axis: at, from, to }) => [at, from, to]),
      [
        ["y", "100", "100"],
        ["x", "500", "500"],
        ["x", "480", "620"],
      ],
    );
    assert.deepEqual(latency[1]?.label, "knee 500");
    const areas = marks.filter(({ figure, axis: at }) => figure === "timeline" && at === "x");
    assert.equal(areas.length, measured().length);
    assert.equal(Number(areas[0]?.to) - Number(areas[0]?.from), 10);
  });

  it("with all numbers that the report draws, of every chart", () => {
    for (const chart of chartsAt("report")) {
      const option = chart.draw([run]) as { series: { data?: unknown[] }[] } | undefined;
      assert.ok(option || chart.isOptional, chart.name);
      if (!option) continue;
      const drawn = option.series.flatMap(({ data = [] }) => numbersIn(data));
      const fields = readCsv(fileOf(files, `figures/${chart.name}.csv`)).flatMap(({ x = "", y = "" }) => [
        x,
        y,
      ]);
      const written = fields.filter((text) => text !== "" && !Number.isNaN(Number(text))).map(Number);
      assert.deepEqual(written.toSorted(), drawn.toSorted(), chart.name);
      assert.ok(written.length > 0);
    }
  });

  it("and the README names its file, its axes and its series", () => {
    const readme = fileOf(files, "README.md");
    for (const { name } of figuresOf(run).figures) assert.ok(readme.includes(`figures/${name}.csv`), name);
    assert.match(
      readme,
      /x is "producers" \(log axis\), y is "latency, ms" \(log axis\)\. Series, drawn as line, scatter(, custom)?: p50, medians; p50; p90, medians/,
    );
    assert.match(
      readme,
      /Series, drawn as line, scatter: received, medians; received; offered, medians \(dashed\); offered\./,
    );
    assert.match(readme, /x is 1 \/ \(1 - percentile \/ 100\)/);
  });
});

/** All numbers of the data of a series, without those of symbols and sizes. */
function numbersIn(data: unknown): number[] {
  if (typeof data === "number") return [data];
  if (Array.isArray(data)) return data.flatMap(numbersIn);
  return typeof data === "object" && data !== null && "value" in data ? numbersIn(data.value) : [];
}

describe("several steps of one value", () => {
  it("are points, with their medians and their range as parts", () => {
    const points = [1, 3, 4].map((y) => ({ x: 10, y }));
    const figure = figureOf(
      {
        name: "trials",
        place: "report",
        title: "",
        caption: "",
        draw: () => ({
          xAxis: axis("x"),
          yAxis: axis("ms"),
          series: trialSeries(points, { name: "p99", colour: "#000", band: true }),
        }),
      },
      [sampleRun()],
    );
    assert.deepEqual(
      figure?.series.map(({ name, isPart, points: all }) => [name, isPart, all.map(({ y }) => y)]),
      [
        ["p99, range", true, [[1, 4]]],
        ["p99, medians", true, [[3]]],
        ["p99", false, [[1], [3], [4]]],
      ],
    );
    const picture = pgfplotsFiles(figure as Figure)[0]?.text ?? "";
    assert.equal(picture.match(/forget plot/g)?.length, 3);
    assert.equal(picture.match(/addlegendentry/g)?.length, 1);
  });
});

describe("a chart that is added", () => {
  const chart: Chart = {
    name: "ranges",
    place: "report",
    title: "Ranges",
    caption: "",
    draw: () => ({
      xAxis: axis("step", "category", { data: ["a, b", "c"] }),
      yAxis: axis("ms"),
      series: [
        { type: "bar", name: 'said "x"', data: [1, "-"] },
        { type: "scatter", name: "range", data: [["c", 2, 3]] },
      ],
    }),
  };

  it("is exported without more code, with categories, gaps and ranges", () => {
    const figure = figureOf(chart, [sampleRun()]);
    assert.deepEqual(figure && readCsv(figureCsv(figure)), [
      { series: 'said "x"', x: "a, b", y: "1", y2: "", marker: "" },
      { series: 'said "x"', x: "c", y: "", y2: "", marker: "" },
      { series: "range", x: "c", y: "2", y2: "3", marker: "" },
    ]);
  });
});
