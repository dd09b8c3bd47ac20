import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Conditions, Run } from "../../contract/result.ts";
import { measured } from "../../test/support/measured.ts";
import { between, names } from "../../test/support/samplePairs.ts";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { comparisonPage } from "../report/comparisonPage.ts";
import { comparisonText } from "../report/comparisonText.ts";
import { cautions } from "./cautions.ts";
import { compare } from "./comparison.ts";
import { testbedRows } from "./testbeds.ts";

const MACHINE = { role: "agent", cpus: 8, memoryMiB: 16_000, cpuModel: "EPYC 7543", kernel: "6.1.0" };

interface Made {
  settings?: Conditions["settings"];
  nodes?: Partial<Conditions["nodes"][number]>[];
  more?: Partial<Run>;
}

/** The sample run, by default on three machines of the testbed "local". */
function runOn({ settings = {}, nodes = [{}, {}, {}], more = {} }: Made = {}): Run {
  const run = sampleRun();
  run.conditions.nodes = nodes.map((node, index) => ({ name: `node${index + 1}`, ...MACHINE, ...node }));
  run.conditions.settings = {
    testbed: { kind: "local" },
    clockSync: "ptpd",
    nodes: run.conditions.nodes.map(({ name, role }) => ({ name, role })),
    ...settings,
  };
  return { ...run, ...more };
}
const cells = (run: Run, what: string) => testbedRows([run]).find((row) => row.what === what)?.values[0];

describe("the testbed of a run", () => {
  it("has a name, and a place if it is recorded", () => {
    assert.deepEqual(cells(runOn(), "testbed"), ["local"]);
    const settings = { testbed: { kind: "oar", where: "rennes", later: 1 } };
    assert.deepEqual(cells(runOn({ settings }), "testbed"), ["oar (rennes)"]);
  });

  it("is not recorded in older runs, which can still be read", () => {
    const run = runOn();
    run.conditions.settings = {};
    for (const what of ["testbed", "clock synchronisation", "network of brokers and agents"])
      assert.deepEqual(cells(run, what), ["not recorded"]);
    assert.deepEqual(cells(run, "links"), ["all 3: not recorded"]);
    assert.equal(cells(run, "nodes")?.length, 1);
  });

  it("has one line of hardware when all nodes are alike", () => {
    assert.deepEqual(cells(runOn(), "nodes"), ["all 3: EPYC 7543, 8 CPUs, 16 GiB, kernel 6.1.0"]);
  });

  it("has one line for each kind of node when they differ, for any number of nodes", () => {
    const nodes = [{ cpuModel: null, kernel: null }, ...Array.from({ length: 6 }, () => ({}))];
    assert.deepEqual(cells(runOn({ nodes }), "nodes"), [
      "node1: CPU model not recorded, 8 CPUs, 16 GiB",
      "node2, node3, node4, node5 and 2 more: EPYC 7543, 8 CPUs, 16 GiB, kernel 6.1.0",
    ]);
  });

  it("shows the limits of its nodes, and how their links are shaped", () => {
    const settings = {
      nodes: [
        { name: "node1", cpus: 1.5, memoryMiB: 2_048, network: { delayMs: 5, rate: 100e6, loss: 0.01 } },
        { name: "node2" },
      ],
    };
    const run = runOn({ settings, nodes: [{}, {}] });
    assert.match(cells(run, "nodes")?.[0] ?? "", /, limited to 1\.5 CPUs and 2 GiB$/);
    assert.deepEqual(cells(run, "links"), [
      "node1: delay 5 ms, rate 100 Mbit/s, loss 1 %",
      "node2: not shaped",
    ]);
  });

  it("shows the largest clock error of its steps, and in how many steps it is unknown", () => {
    const run = runOn();
    assert.deepEqual(cells(run, "clock error of corrected latencies"), ["±0.11 ms"]);
    assert.deepEqual(cells(run, "clock error of measured latencies"), ["±0.12 ms"]);
    const [first] = run.steps;
    measured(first).clocks.errorMs = null;
    assert.deepEqual(cells(run, "clock error of measured latencies"), ["±0.12 ms, unknown for 1 of 6 steps"]);
  });

  it("shows both networks before the load, or that they were not measured", () => {
    const network = { nodes: names(3), brokers: [], pairs: between(names(3), 0.4) };
    const run = runOn({ more: { network } });
    assert.deepEqual(cells(run, "overlay network before the load"), [
      "round trip p50 0.4 ms, p99 0.4 ms",
      "6 Gbit/s, 0 % lost, path MTU 1450",
    ]);
    assert.deepEqual(cells(run, "host network before the load"), [
      "round trip p50 0.2 ms, p99 0.2 ms",
      "10 Gbit/s, 0 % lost, path MTU 1500",
    ]);
    assert.deepEqual(cells(runOn(), "overlay network before the load"), ["not measured"]);
  });
});

describe("a comparison warns", () => {
  it("of nothing when both runs used the same testbed", () => {
    const nodes = [{ cpuModel: null, kernel: null }, {}];
    assert.deepEqual(cautions([runOn(), runOn()]), []);
    const scale = { factor: 0.2, setting: "auto", carriedPerSec: 400, missedPerSec: 800 } as const;
    const [scaled, same] = [runOn({ more: { scale } }), runOn({ more: { scale: { ...scale, factor: 1 } } })];
    assert.deepEqual(cautions([runOn(), scaled]), [
      "the loads are scaled differently: not scaled | scaled by 0.2",
    ]);
    assert.deepEqual([cautions([scaled, scaled]), cautions([runOn(), same])], [[], []]);
    assert.deepEqual(cautions([runOn({ nodes }), runOn({ nodes })]), []);
  });

  it("of different hardware, since the network is not the only difference then", () => {
    const nodes = [{ cpuModel: "Xeon", cpus: 16 }, {}];
    assert.deepEqual(cautions([runOn(), runOn({ nodes })]), [
      "the nodes differ in number of nodes, CPU model, number of CPUs, so the network is not the only difference",
    ]);
  });

  it("not of another order of the same machines", () => {
    const [xeon, epyc] = [{ cpuModel: "Xeon" }, {}];
    assert.deepEqual(cautions([runOn({ nodes: [xeon, epyc] }), runOn({ nodes: [epyc, xeon] })]), []);
  });

  it("of hardware that is not recorded, on another testbed", () => {
    const settings = { testbed: { kind: "ssh" } };
    const nodes = [{ cpuModel: null, kernel: null }, {}, {}];
    assert.deepEqual(cautions([runOn(), runOn({ settings, nodes })]), [
      "the testbeds differ: local | ssh",
      "the nodes may differ in properties that are not recorded for all of them: CPU model, kernel",
    ]);
  });

  it("of different clock synchronisation", () => {
    assert.deepEqual(cautions([runOn(), runOn({ settings: { clockSync: "chrony" } })]), [
      "the clocks are synchronised differently: ptpd | chrony",
    ]);
  });

  it("of differently shaped links, but not of more links with the same shape", () => {
    const shaped = (count: number) => ({
      nodes: Array.from({ length: count }, () => ({})),
      settings: { nodes: names(count).map((name) => ({ name, network: { delayMs: 5 } })) },
    });
    assert.deepEqual(cautions([runOn(), runOn(shaped(3))]), [
      "the links are shaped differently: not shaped | delay 5 ms",
    ]);
    assert.doesNotMatch(cautions([runOn(shaped(2)), runOn(shaped(3))]).join(), /links/);
  });

  it("in the terminal and on its page, with the testbeds side by side", () => {
    const settings = { testbed: { kind: "ssh", where: "<lab>" } };
    const comparison = compare([runOn(), runOn({ settings, nodes: [{}, { cpuModel: "Xeon" }, {}] })]);
    const text = comparisonText(comparison);
    assert.match(text, /^warning: the testbeds differ: local \| ssh \(<lab>\)$/m);
    assert.match(text, /testbed +│ local +│ ssh \(<lab>\)/);
    assert.match(text, /│ node1, node3: EPYC 7543, 8 CPUs, 16 GiB, kernel 6\.1\.0 │\n.*│ node2: Xeon/);
    const page = comparisonPage(comparison);
    assert.match(
      page,
      /<p class="warning">The nodes differ in CPU model, so the network is not the only difference/,
    );
    assert.match(page, /<td>local<\/td><td>ssh \(&#60;lab&#62;\)<\/td>/);
    assert.match(page, /kernel 6\.1\.0<br>node2: Xeon/);
  });
});
