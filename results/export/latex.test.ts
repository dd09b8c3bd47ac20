import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Run } from "../../contract/result.ts";
import { replicated } from "../../test/support/replicates.ts";
import { exported, fileOf } from "../../test/support/sampleExport.ts";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { estimate } from "../loads.ts";
import { bibtex, parseAuthor, parseCitation } from "./citation.ts";
import { conditionsText } from "./conditionsText.ts";
import { latexTable, latexText } from "./latex.ts";

/** Text with each special character of LaTeX and BibTeX. */
const NASTY = '50% of $x_1^2$ & {a} #1 ~ \\input{x} <b> |c| "d" `e\' --set \u0007 µ±';

/** The commands that escapes may use. */
const COMMANDS =
  /\\(?:text(?:backslash|asciitilde|asciicircum|less|greater|bar|quotedbl|asciigrave|pm|mu)\{\}|[{}$&#_%])|-\{\}|'\{\}/g;

/** What is left of a text without its escapes: it must not have a character that means something. */
const unescaped = (latex: string) => latex.replaceAll(COMMANDS, "");

describe("text for LaTeX", () => {
  it("has no character left that is a command, whatever the text", () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 1, unit: "grapheme" })),
    });
    fc.assert(
      fc.property(text, (any) => assert.doesNotMatch(unescaped(latexText(any)), /[\\{}$&#_%~^<>|"`]|--|''/)),
    );
    assert.ok(!latexText(NASTY).includes("\u0007"));
  });

  it("prints the same characters", () => {
    assert.equal(latexText("a_b: 5 % {x}"), "a\\_b: 5 \\% \\{x\\}");
    assert.equal(latexText("a'''b---"), "a'{}'{}'b-{}-{}-");
    assert.equal(latexText("\\--\n'"), "\\textbackslash{}-{}- '");
  });
});

/** The cells of a row of the table. */
const rows = (table: string) =>
  table
    .split("\n")
    .filter((line) => line.endsWith("\\\\"))
    .map((line) =>
      line
        .trim()
        .replace(/ \\\\$/, "")
        .split(" & "),
    );

describe("the LaTeX table", () => {
  it("has a row for each load, by its value, with the number of steps, and the knee with its interval", () => {
    const table = latexTable(sampleRun());
    const [heads, ...loads] = rows(table);
    assert.equal(heads?.length, 9);
    assert.deepEqual(
      loads.map(([load, n]) => [load, n]),
      [1, 50, 100, 300, 500, 800].map((producers) => [`producers ${producers}`, "1"]),
    );
    assert.ok(loads.every((cells) => cells.length === 9));
    assert.match(table, /Knee: 500 producers \(90 \\% interval 480 to 620\)/);
    assert.match(
      table,
      /SLO: p99 latency at most 100 ms, at least 99\.9 \\% of messages delivered, none lost\./,
    );
    assert.doesNotMatch(table, /\{\[\}/);
  });

  it("has intervals over the steps of a load, and leaves out steps that say nothing about the broker", () => {
    const run = replicated(sampleRun()) as Run;
    const first = run.steps.find(({ values }) => values.producers === 800);
    if (first) first.verdict = "generator-bound";
    const [, ...loads] = rows(latexTable(run));
    const [, n, , , p50 = "", , , , verdicts] = loads.find(([load]) => load === "producers 800") ?? [];
    assert.deepEqual([n, verdicts], ["4", "1 generator-bound, 4 slo-missed"]);
    assert.match(p50, /^[\d.]+ \{\[\}[\d.]+, [\d.]+\{\]\}$/);
  });

  it("escapes every text of a run", () => {
    const run = sampleRun();
    const nasty: Run = {
      ...run,
      scenario: NASTY,
      run: NASTY,
      steps: run.steps.map((step) => ({ ...step, values: { acks: NASTY } })),
      knee: run.knee && { ...run.knee, reason: NASTY },
    };
    const table = latexTable(nasty);
    for (const line of [...(rows(table)[1] ?? []), ...(table.match(/footnotesize (.*)\\par/g) ?? [])])
      assert.doesNotMatch(
        unescaped(line.replaceAll(/^footnotesize |\\par$|\{[[\]]\}/g, "")),
        /[\\{}$&#_%~^]/,
        line,
      );
    assert.match(table, /\\label\{tab:[A-Za-z0-9-]+\}/);
  });
});

describe("an estimate", () => {
  it("is the geometric mean with Student's interval on logarithms", () => {
    const found = estimate([1, 2, 4]);
    // t(0.975, 2) = 4.3027, standard error ln 2 / sqrt 3
    const factor = Math.exp((4.302653 * Math.LN2) / Math.sqrt(3));
    assert.ok(found?.interval);
    for (const [value, expected] of [
      [found.mean, 2],
      [found.interval[0], 2 / factor],
      [found.interval[1], 2 * factor],
    ] as const)
      assert.ok(Math.abs(value / expected - 1) < 1e-6, `${value} ${expected}`);
  });

  it("has no interval with fewer than three steps, and does not exist where a step has no value", () => {
    assert.equal(estimate([1, 2])?.interval, null);
    assert.equal(estimate([1, null, 2]), null);
    assert.equal(estimate([]), null);
    assert.deepEqual(estimate([-1, 1, 3]), { mean: 1, interval: null });
  });
});

describe("the conditions", () => {
  it("are one paragraph with commit, versions, machines, load, SLO and result", () => {
    const text = conditionsText(sampleRun());
    assert.doesNotMatch(text, /\n/);
    for (const part of [
      /with swarmbench 0\.1\.0, commit abc, from 2025-11-24T16:00:00\.000Z to/,
      /Versions: kafka 4\.3\.1; images \(built\): kafka swarmbench\/kafka@sha256:1\./,
      /node1 \(monitor\) with 2 CPUs, of the model CPU, 24000 MiB of memory, kernel 6\.1; agents: producers\.1 on node1/,
      /messageBytes 200/,
      /6 steps on 1 broker warmed up for 8 s and were measured for 10 s each/,
      /p99 latency at most 100 ms/,
      /Knee: 500 producers/,
    ])
      assert.match(text, part);
  });

  it("are escaped for LaTeX", () => {
    const run = sampleRun();
    run.conditions.versions = { kafka: NASTY };
    const files = exported(run);
    assert.doesNotMatch(unescaped(fileOf(files, "conditions.tex")), /[\\{}$&#_%~^<>|"`]/);
    assert.ok(fileOf(files, "conditions.txt").includes("50% of $x_1^2$"));
  });
});

describe("the BibTeX file", () => {
  const citation = parseCitation(
    "title: swarm_bench\nversion: 1\nlicense: Apache-2.0\ndate-released: 2026-11-01\nauthors:\n  - name: A & B\n  - given-names: Ada\n    family-names: L",
  );

  it("has the run and the software, with authors, year and escapes", () => {
    const text = bibtex(sampleRun(), citation, [{ name: "Tom {X}" }]);
    assert.match(text, /^@misc\{20251124T160000Z-local-abcdef,\n {2}author = \{\{Tom \\\{X\\\}\}\},\n/);
    assert.match(text, /year = \{2025\},\n {2}month = \{11\}/);
    assert.match(
      text,
      /@misc\{swarmbench-0\.1\.0,\n {2}author = \{\{A \\& B\} and \{Ada L\}\},\n {2}title = \{\{swarm\\_bench\}\},\n {2}year = \{2026\}/,
    );
    assert.match(text, /version 0\.1\.0, commit abc, Apache-2\.0/);
  });

  it("leaves out authors that nobody named, and has balanced braces for any run", () => {
    const text = bibtex({ ...sampleRun(), run: NASTY, scenario: "{{" }, citation, []);
    assert.doesNotMatch(text.split("\n\n")[0] ?? "", /author/);
    let depth = 0;
    for (const [, brace] of text.replaceAll(/\\[{}]/g, "").matchAll(/([{}])/g)) {
      depth += brace === "{" ? 1 : -1;
      assert.ok(depth >= 0);
    }
    assert.equal(depth, 0);
  });

  it("takes authors with and without an ORCID", () => {
    assert.deepEqual(parseAuthor("Ada Lovelace"), { name: "Ada Lovelace" });
    const orcid = "https://orcid.org/0000-0002-1825-0097";
    assert.deepEqual(parseAuthor(`Ada <${orcid}>`), { name: "Ada", orcid });
    for (const wrong of ["", "<x>", "Ada <ada@example.org>", "Ada <"])
      assert.equal(parseAuthor(wrong), undefined);
  });
});
