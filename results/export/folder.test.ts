import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { type Run, runSchema } from "../../contract/result.ts";
import { exported, fileOf, SAMPLE_DETAILS } from "../../test/support/sampleExport.ts";
import { sampleEvents, sampleRun } from "../../test/support/sampleRun.ts";
import { buildResults } from "../build.ts";
import { chartImages } from "../report/images.ts";
import { readResults } from "../store.ts";
import { exportOf, writeExport } from "./folder.ts";

const root = mkdtempSync(path.join(tmpdir(), "swarmbench-export-"));
after(() => rmSync(root, { recursive: true }));
const fixture = path.resolve(import.meta.dirname, "../../test/fixtures/run-v2");
const gapsOf = (run: Run) => exportOf(run, SAMPLE_DETAILS).gaps;

describe("an export", () => {
  it("is the same for the same run, byte for byte, however many charts were drawn before", () => {
    const first = exported();
    chartImages("report", [sampleRun()]);
    const second = exported();
    assert.deepEqual([...second.keys()], [...first.keys()]);
    // By name: the difference of whole exports would fill the screen.
    assert.deepEqual(
      [...first].filter(([name, text]) => second.get(name) !== text).map(([name]) => name),
      [],
    );
    assert.ok(first.size > 40);
  });

  it("has all results of the run, and the README every file", () => {
    const files = exported();
    assert.deepEqual(
      runSchema.parse(JSON.parse(fileOf(files, "run.json"))),
      JSON.parse(JSON.stringify(sampleRun())),
    );
    const readme = fileOf(files, "README.md");
    for (const name of files.keys()) {
      const listed = name
        .replace(/^hgrm\/.*/, "hgrm/step-*.hgrm")
        .replace(/^pgfplots\/.*\.dat$/, "pgfplots/*.dat");
      assert.ok(
        ["README.md", "ro-crate-metadata.json"].includes(name) || readme.includes(`\`${listed}\``),
        name,
      );
    }
  });

  it("has a pgfplots picture of each figure, whose data files exist", () => {
    const files = exported();
    const pictures = [...files].filter(([name]) => /^pgfplots\/.*\.tex$/.test(name));
    assert.equal(pictures.length, 6);
    const data = pictures.flatMap(([, text]) =>
      [...text.matchAll(/\{\\swarmbenchdata\/([^}]+)\}/g)].map(([, name]) => `pgfplots/${name}`),
    );
    assert.deepEqual(data.toSorted(), [...files.keys()].filter((name) => name.endsWith(".dat")).toSorted());
    for (const name of data) {
      const lines = fileOf(files, name).trimEnd().split("\n");
      assert.ok(/^x y( y2)?$/.test(lines[0] ?? "") && lines.length > 1);
      for (const line of lines.slice(1)) assert.match(line, /^(nan|[\d.e+-]+) (nan|[\d.e+-]+)$/, name);
    }
    assert.match(
      fileOf(files, "pgfplots/latency.tex"),
      /xmode=log[\s\S]*axis cs:480,1[\s\S]*\{SLO: p99 100 ms\}/,
    );
    assert.match(
      fileOf(files, "pgfplots/spectrum.tex"),
      /xtick=\{1,10,100,1000\},\n.*\{\{0 \\%\},\{90 \\%\},\{99 \\%\}/,
    );
    assert.match(fileOf(files, "pgfplots/cpu.tex"), /xticklabels=\{\{1: producers 1\},\{2: producers 50\}/);
  });

  it("of a complete run misses nothing", () => assert.deepEqual(gapsOf(sampleRun()), []));

  it("of a run that was cut off has its finished steps, and says what is missing", () => {
    const run = buildResults(sampleEvents().slice(0, 5));
    assert.deepEqual(gapsOf(run), ["the run was cut off: the export has what was measured until then"]);
    const files = exported(run);
    assert.match(fileOf(files, "README.md"), /## What is missing\n\n- the run was cut off/);
    assert.match(
      fileOf(files, "table.tex"),
      /The run was cut off: the table has the steps that were finished\./,
    );
    assert.match(fileOf(files, "conditions.txt"), /until it was cut off/);
    assert.equal(fileOf(files, "steps.csv").trimEnd().split("\n").length, 3);
  });

  it("of a run without a step has its conditions, and names the figures that are missing", () => {
    const run = buildResults(sampleEvents().slice(0, 1));
    assert.deepEqual(gapsOf(run).slice(1, 3), [
      "no step was measured",
      'no figure "latency": the run has no data for it',
    ]);
    const files = exported(run);
    assert.match(fileOf(files, "README.md"), /The run has no data for a figure\./);
    assert.match(fileOf(files, "conditions.txt"), /No step was measured\./);
    assert.ok(![...files.keys()].some((name) => /\.(hgrm|dat|svg)$/.test(name)));
  });

  it("of an earlier version works, with the reason of its failed step", () => {
    const run = readResults(fixture);
    assert.ok(
      gapsOf(run).some((gap) => /^no results of step 3: producers 100: .*the agent is gone/.test(gap)),
    );
    assert.match(fileOf(exported(run), "table.tex"), /producers 100 & 0 & - & - & - & - & - & - & failed/);
  });

  it("has samples below zero in files of their own", () => {
    const run = sampleRun();
    const [step] = run.steps;
    assert.ok(step);
    step.histogram = `${step.histogram}|${step.histograms.ack}`;
    assert.match(fileOf(exported(run), "hgrm/step-001-latency-below-zero.hgrm"), /Total count/);
    assert.match(
      fileOf(exported(run), "hgrm/step-001-latency.hgrm"),
      /^ +Value +Percentile TotalCount 1\/\(1-Percentile\)\n\n/,
    );
  });
});

describe("the folder of an export", () => {
  const files = exportOf(sampleRun(), SAMPLE_DETAILS).files;
  const isExists = { code: "export-exists" };

  it("is made with all files", () => {
    const folder = path.join(root, "new/one");
    writeExport(folder, files, { force: false });
    for (const { name, text } of files) assert.equal(readFileSync(path.join(folder, name), "utf8"), text);
    assert.equal(
      readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).length,
      files.length,
    );
  });

  it("is replaced only with --force, without files of the earlier export and with those of others", () => {
    const folder = path.join(root, "again");
    writeExport(folder, files, { force: false });
    writeFileSync(path.join(folder, "notes.txt"), "mine");
    assert.throws(() => writeExport(folder, files, { force: false }), {
      ...isExists,
      message: /already contains an export/,
    });
    const fewer = exportOf(buildResults(sampleEvents().slice(0, 1)), SAMPLE_DETAILS).files;
    writeExport(folder, fewer, { force: true });
    assert.ok(!existsSync(path.join(folder, "figures/latency.csv")));
    assert.equal(readFileSync(path.join(folder, "notes.txt"), "utf8"), "mine");
  });

  it("is never one with other files, not even with --force", () => {
    const folder = path.join(root, "other");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "README.md"), "mine");
    assert.throws(() => writeExport(folder, files, { force: true }), {
      ...isExists,
      message: /not an export/,
    });
    assert.deepEqual(readdirSync(folder), ["README.md"]);
  });

  it("is left by no name of an earlier list", () => {
    const folder = path.join(root, "list");
    writeExport(folder, files, { force: false });
    const victim = path.join(root, "victim");
    writeFileSync(victim, "");
    const crate = path.join(folder, "ro-crate-metadata.json");
    writeFileSync(crate, readFileSync(crate, "utf8").replaceAll('"README.md"', '"../victim"'));
    writeExport(folder, files, { force: true });
    assert.ok(existsSync(victim));
  });

  it("that cannot be made is an error with its path", () => {
    writeFileSync(path.join(root, "file"), "");
    assert.throws(() => writeExport(path.join(root, "file/x"), files, { force: false }), {
      code: "results-not-written",
      message: /file\/x cannot be written: ENOTDIR/,
    });
  });
});
