import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { pageScript } from "../page/script.ts";
import { reportPage } from "./html.ts";
import { chartImages } from "./images.ts";

describe("the report", () => {
  it("is one self-contained file that loads nothing from the network, light and dark", () => {
    const page = reportPage(sampleRun());
    assert.doesNotMatch(
      page.replaceAll("http://www.w3.org/", "").replace('href="data:,"', ""),
      /(src|href)=|url\((?!#)|https?:\/\/|<script/,
    );
    assert.match(page, /prefers-color-scheme: dark/);
    assert.equal((page.match(/<svg/g) ?? []).length, chartImages("report", [sampleRun()]).length);
  });

  it("allows its own script alone, and no request", async () => {
    const page = reportPage(sampleRun(), await pageScript());
    assert.match(
      page,
      /default-src &#39;none&#39;; script-src &#39;sha256-[^;]+&#39;;[^"]*connect-src &#39;none&#39;/,
    );
    assert.equal((page.match(/<script/g) ?? []).length, 2);
    assert.ok(Buffer.byteLength(page) < 1.5e6, `${Buffer.byteLength(page)} bytes`);
  });

  it("cannot be left by the names in its data", async () => {
    const evil = "</script><script>alert(1)</script><!--";
    const page = reportPage({ ...sampleRun(), scenario: evil }, await pageScript());
    assert.equal((page.match(/<script/g) ?? []).length, 2);
    assert.doesNotMatch(page, /alert\(1\)<\/script>/);
  });

  it("starts with the knee in plain words", () => {
    assert.match(
      reportPage(sampleRun()),
      /<div class="verdict good">The SLO is met up to <b>500 producers<\/b>; beyond that the limit is this machine&#39;s CPUs, which brokers and agents share \(1\.9 of 2 CPUs\), not Kafka\.</,
    );
  });

  it("warns in its first line that brokers and agents shared a machine", () => {
    const first =
      /<\/h1>\s*<p><b>Brokers and agents shared a machine with 2 CPUs .* hold only for this machine\.<\/b>/;
    assert.match(reportPage(sampleRun()), first);
  });

  it("shows what was saturated, every broker and machine, and what the benchmark itself used", () => {
    const page = reportPage(sampleRun());
    assert.match(page, /6: producers 800<\/td><td>CPUs of a machine of node1\+node2: 1\.9 of 2 CPUs</);
    assert.match(page, /<td>broker-1<\/td><td>0\.4<\/td><td>2<\/td><td>0 %<\/td><td>90 %</);
    assert.match(page, /0\.04 CPUs for the runner/);
  });

  it("leaves out resources of a run that did not measure them", () => {
    const run = sampleRun();
    const steps = run.steps.map(({ resources: _, saturated: __, ownCost: ___, ...step }) => step);
    const page = reportPage({ ...run, steps });
    assert.doesNotMatch(page, /<h2>Resources|shared a machine|beyond that/);
  });

  it("escapes HTML in names", () => {
    const evil = '<img src=x onerror="alert(1)">';
    const page = reportPage({ ...sampleRun(), scenario: evil, warnings: [evil] });
    assert.doesNotMatch(page, /<img/);
    assert.match(page, /&#60;img src=x/);
  });
});
