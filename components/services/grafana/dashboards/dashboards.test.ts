import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MEASUREMENTS } from "../../../../contract/measurements.ts";
import { KAFKA_METRICS } from "../../telegraf/kafkaMetrics.ts";
import { NODE_METRICS, SAMPLED_SEC } from "../../telegraf/metrics.ts";
import { flux, graph, level, rows } from "./flux.ts";
import { DASHBOARDS, dashboards, panelQueries, VARIABLES } from "./index.ts";

const SPEED = { name: "speed", tags: ["car", "wheel"], fields: { km: "km", turns: "turns" } } as const;
/** The stages of a query, without pipes. */
const stages = (query: string) => query.split("\n  |> ");

interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  fieldConfig?: { defaults: { unit?: string; custom?: { spanNulls?: number } } };
  interval?: string;
  options?: { legend?: { displayMode: string; calcs: string[] } };
  targets?: { refId: string; datasource: { uid: string }; query: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
}

const all = Object.entries(dashboards()).map(([name, dashboard]) => ({
  name,
  dashboard,
  panels: (dashboard.panels ?? []) as unknown as Panel[],
}));
const panels = all.flatMap((one) => one.panels).filter(({ type }) => type !== "row");

describe("flux", () => {
  it("queries the dashboard's time range", () => {
    assert.deepEqual(stages(flux({ from: SPEED, fields: ["km", "turns"], where: { car: "red" } })), [
      "from(bucket: v.defaultBucket)",
      "range(start: v.timeRangeStart, stop: v.timeRangeStop)",
      'filter(fn: (r) => r["_measurement"] == "speed")',
      'filter(fn: (r) => r["_field"] == "km" or r["_field"] == "turns")',
      'filter(fn: (r) => r["car"] == "red")',
    ]);
  });

  it("queries everything if the range is everything", () => {
    assert.match(flux({ from: SPEED, fields: ["km"], range: "everything" }), /range\(start: 0\)/);
  });

  it("matches a regular expression as one", () => {
    assert.match(flux({ from: SPEED, fields: ["km"], where: { car: "/^r/" } }), /r\["car"\] =~ \/\^r\/\)/);
  });

  it("escapes quotation marks in a value", () => {
    assert.match(flux({ from: SPEED, fields: ["km"], where: { car: 'a"b\\' } }), /== "a\\"b\\\\"/);
  });
});

describe("graph", () => {
  it("computes the rate of a counter before merging, so that a restart causes no jump", () => {
    const query = graph({ from: SPEED, fields: ["turns"], perSecond: true, sample: "mean", merge: "sum" });
    const order = ["derivative", "fn: mean", "group(", "fn: sum", "keep("].map((part) => query.indexOf(part));
    assert.deepEqual(
      order,
      order.toSorted((one, other) => one - other),
    );
    assert.ok(!order.includes(-1));
  });

  it("keeps only the field and the tags that distinguish lines", () => {
    const query = graph({ from: SPEED, fields: ["km"], by: ["wheel"], sample: "max" });
    assert.equal(stages(query).at(-1), 'keep(columns: ["_time", "_value", "_field", "wheel"])');
  });

  it("writes a factor as a Flux literal", () => {
    const factor = (scale: number) =>
      /r\._value \* (\S+)}/.exec(graph({ from: SPEED, fields: ["km"], sample: "mean", scale }))?.[1];
    assert.deepEqual([1e-9, 0.01, 8].map(factor), ["0.000000001", "0.01", "8.0"]);
  });
});

describe("rows", () => {
  it("turns fields into columns before other stages use them", () => {
    const query = rows({ from: SPEED, fields: ["km"] }, ["km", "car"], 'sort(columns: ["km"])');
    assert.deepEqual(stages(query).slice(-4), [
      'pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
      "group()",
      'sort(columns: ["km"])',
      'keep(columns: ["km", "car"])',
    ]);
  });
});

describe("level", () => {
  it("spans the dashboard's whole time range", () => {
    const query = level({ from: SPEED, fields: ["km"] });
    assert.match(query, /_time: v\.timeRangeStart, /);
    assert.match(query, /_time: v\.timeRangeStop, /);
  });
});

describe("dashboards", () => {
  it("are the same text at every call, because another text would restart Grafana", () => {
    assert.equal(JSON.stringify(dashboards()), JSON.stringify(dashboards()));
  });

  it("have the uids that links use", () => {
    assert.deepEqual(
      Object.fromEntries(all.map(({ name, dashboard }) => [name, dashboard.uid])),
      Object.fromEntries(Object.entries(DASHBOARDS).map(([name, { uid }]) => [name, uid])),
    );
  });

  it("fit into a swarm config of at most 500 kB", () => {
    const tooLarge = all.filter(({ dashboard }) => JSON.stringify(dashboard).length > 500_000);
    assert.deepEqual(
      tooLarge.map(({ name }) => name),
      [],
    );
  });

  it("show the last 15 minutes and refresh every 5 s", () => {
    for (const { dashboard } of all) {
      assert.deepEqual([dashboard.time?.from, dashboard.refresh], ["now-15m", "5s"]);
    }
  });

  it("mark start and end of runs", () => {
    for (const { dashboard } of all) {
      const queries = (dashboard.annotations?.list ?? []).map(({ target }) => JSON.stringify(target));
      assert.ok(queries.some((query) => query.includes(MEASUREMENTS.run.name)));
    }
  });

  it("list all runs, newest first", () => {
    const latency = dashboards().latency;
    const run = latency.templating?.list?.find(({ name }) => name === "run");
    assert.match(String(run?.query), /range\(start: 0\)/);
    assert.match(String(run?.query), /desc: true/);
    assert.equal(run?.sort, 0);
  });

  it("link from the table of runs to a run in its own time range", () => {
    const table = panels.find(({ title }) => title === "Runs");
    assert.match(
      JSON.stringify(table),
      /swarmbench-latency\?var-run=\$\{__data\.fields\.run\}&from=\$\{__data\.fields\.started\.numeric\}&to=\$\{__data\.fields\.ended\.numeric\}/,
    );
  });

  it("load in Grafana 10.1, which knows schema 38", () => {
    for (const { dashboard } of all) assert.ok(dashboard.schemaVersion <= 38);
  });
});

describe("panels", () => {
  it("have a description of what to look for, and a unit", () => {
    const silent = panels.filter(
      ({ title, description, fieldConfig }) =>
        !title ||
        !/^(Look|The |Messages |Choose ).*\.$/.test(description ?? "") ||
        !fieldConfig?.defaults.unit,
    );
    assert.deepEqual(
      silent.map(({ title }) => title),
      [],
    );
  });

  it("have unique titles and ids within a dashboard", () => {
    for (const { panels: own } of all) {
      assert.equal(new Set(own.map(({ id }) => id)).size, own.length);
      assert.equal(new Set(own.map(({ title }) => title)).size, own.length);
    }
  });

  it("do not overlap, and use at most 24 columns", () => {
    for (const { panels: own } of all) {
      const cells = own.flatMap(({ gridPos: { x, y, w, h } }) => {
        assert.ok(x + w <= 24);
        return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}:${y + Math.floor(cell / w)}`);
      });
      assert.equal(new Set(cells).size, cells.length);
    }
  });

  it("over time have a legend table with the last and the largest value", () => {
    for (const { options, title } of panels.filter(({ type }) => type === "timeseries")) {
      assert.equal(options?.legend?.displayMode, "table", title);
      assert.deepEqual(options?.legend?.calcs, ["lastNotNull", "mean", "max"], title);
    }
  });

  // Grafana 10 puts a gap between two points that are further apart than a panel's interval.
  it("over time draw a line between two samples, however rarely their metric is sampled", () => {
    const slow = { docker_: SAMPLED_SEC.engine, disk: SAMPLED_SEC.files, clock: SAMPLED_SEC.files };
    const brokers = { kafka_: SAMPLED_SEC.brokers, jvm_: SAMPLED_SEC.brokers };
    const everySec = { ...slow, ...brokers, internal_agent: SAMPLED_SEC.files };
    for (const { title, type, interval, fieldConfig, targets } of panels) {
      if (type !== "timeseries") continue;
      const queried = /r\["_measurement"\] == "([^"]+)"/.exec(targets?.[0]?.query ?? "")?.[1] ?? "";
      const [, seconds = 1] = Object.entries(everySec).find(([start]) => queried.startsWith(start)) ?? [];
      assert.equal(interval, `${seconds}s`, `${title}: ${queried}`);
      assert.ok((fieldConfig?.defaults.custom?.spanNulls ?? 0) >= 2_000 * seconds, title);
    }
  });

  it("refer to the data source by its uid", () => {
    const uids = panels.flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource.uid));
    assert.deepEqual([...new Set(uids)], ["influxdb"]);
  });
});

describe("panelQueries", () => {
  const asked = panelQueries();

  it("has every query of every panel", () => {
    assert.equal(asked.length, panels.flatMap(({ targets = [] }) => targets).length);
    assert.deepEqual(new Set(asked.map(({ dashboard }) => dashboard)), new Set(all.map(({ name }) => name)));
  });

  it("queries only fields that are written", () => {
    const written = [
      ...Object.values(MEASUREMENTS),
      ...Object.values(KAFKA_METRICS),
      ...Object.values(NODE_METRICS),
    ];
    for (const { query, panel } of asked) {
      const measurement = /r\["_measurement"\] == "([^"]+)"/.exec(query)?.[1];
      const fields = [...query.matchAll(/r\["_field"\] == "([^"]+)"/g)].map(([, field]) => field ?? "");
      const shape = written.find(({ name }) => name === measurement);
      assert.ok(shape && fields.length > 0, panel);
      assert.deepEqual(
        fields.filter((field) => !(field in shape.fields)),
        [],
        panel,
      );
    }
  });

  it("uses only variables of its dashboard", () => {
    for (const { query, dashboard, panel } of asked) {
      const own = dashboards()[dashboard].templating?.list?.map(({ name }) => name) ?? [];
      const used = [...query.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
      assert.ok(
        used.every((name) => own.includes(name ?? "") && VARIABLES.some((known) => known === name)),
        panel,
      );
    }
  });

  it("never averages percentiles", () => {
    const percentiles = asked.filter(({ query }) => /"_field"\] == "(p\d+|\d+thPercentile)"/.test(query));
    assert.ok(percentiles.length > 0);
    assert.deepEqual(
      percentiles.filter(({ query }) => query.includes("fn: mean")).map(({ panel }) => panel),
      [],
    );
  });
});
