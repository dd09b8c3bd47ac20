import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleRun } from "../../test/support/sampleRun.ts";
import { drawCharts } from "./charts/list.ts";
import { reportPage } from "./html.ts";

describe("the report", () => {
  it("is one file that loads nothing from the network, light and dark", () => {
    const page = reportPage(sampleRun());
    assert.doesNotMatch(
      page.replaceAll("http://www.w3.org/", ""),
      /(src|href)=|url\((?!#)|https?:\/\/|<script/,
    );
    assert.match(page, /prefers-color-scheme: dark/);
    assert.equal((page.match(/<svg/g) ?? []).length, 2 * drawCharts("report", [sampleRun()]).length);
  });

  it("starts with the knee in plain words", () => {
    assert.match(
      reportPage(sampleRun()),
      /<div class="verdict good">The SLO is met up to <b>500 producers<\/b>\./,
    );
  });

  it("escapes HTML in names", () => {
    const evil = '<img src=x onerror="alert(1)">';
    const page = reportPage({ ...sampleRun(), scenario: evil, warnings: [evil] });
    assert.doesNotMatch(page, /<img/);
    assert.match(page, /&#60;img src=x/);
  });
});
