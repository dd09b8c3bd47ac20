import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runSchema } from "../../contract/result.ts";
import { networkRun } from "../../test/support/networkRun.ts";
import { sampleEvents } from "../../test/support/sampleRun.ts";
import { buildResults } from "../build.ts";
import { reportPage } from "./html.ts";

describe("the report", () => {
  const rowsOf = (page: string) =>
    page.split("<h2>The network</h2>")[1]?.split("<h2>")[0]?.match(/<tr>/g)?.length ?? 0;

  it("has a matrix for few nodes, the steps and the clocks", () => {
    const run = networkRun(3);
    runSchema.parse(JSON.parse(JSON.stringify(run)));
    const page = reportPage(run);
    assert.match(page, /to node3/);
    assert.match(page, /0\.4 \/ 0\.4 ms<br>6 Gbit\/s<br>lost 0 %, MTU 1450/);
    assert.match(page, /<td>ptpd<\/td>/);
    assert.match(page, /Compared with the host network, the overlay network has a median round trip/);
  });

  it("shows the median and the worst pairs of fifty nodes", () => {
    const page = reportPage(networkRun(50));
    assert.doesNotMatch(page, /to node50<\/th>/);
    assert.match(page, /The median of 2450 pairs/);
    assert.ok(rowsOf(page) < 60, `${rowsOf(page)}`);
  });

  it("says why a value is missing", () => {
    const run = networkRun(3);
    const [first] = run.network?.pairs ?? [];
    if (first) first.error = "MTU: tracepath did not reach <the> other node";
    assert.match(
      reportPage(run),
      /host, node1 to node2: MTU: tracepath did not reach &#60;the&#62; other node/,
    );
  });

  it("has no network section when the network was not measured", () => {
    assert.doesNotMatch(reportPage(buildResults(sampleEvents())), /<h2>The network/);
  });
});
