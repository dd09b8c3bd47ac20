import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import path from "node:path";
import { describe, it } from "node:test";
import type { Run } from "../../contract/result.ts";
import { crateErrors } from "../../test/support/crateProfile.ts";
import { exported, fileOf, type SAMPLE_DETAILS } from "../../test/support/sampleExport.ts";
import { sampleEvents, sampleRun } from "../../test/support/sampleRun.ts";
import { buildResults } from "../build.ts";
import { readResults } from "../store.ts";
import { CRATE, filesIn } from "./crate.ts";

type Details = Partial<typeof SAMPLE_DETAILS>;
type Entity = Record<string, unknown> & { "@id": string; "@type": string | string[] };

function crateOf(run: Run, details: Details = {}) {
  const files = exported(run, details);
  const text = fileOf(files, CRATE);
  return { files, text, graph: JSON.parse(text)["@graph"] as Entity[] };
}

const fixture = path.resolve(import.meta.dirname, "../../test/fixtures/run-v2");
const RUNS: [string, () => Run, Details][] = [
  ["of a run with authors and a licence", () => sampleRun(), {}],
  ["of a run without either", () => sampleRun(), { authors: [], license: undefined }],
  ["of an author without ORCID", () => sampleRun(), { authors: [{ name: 'Tom "#" Ünal' }] }],
  ["of a run that was cut off", () => buildResults(sampleEvents().slice(0, 4)), {}],
  ["of a run without a step", () => buildResults(sampleEvents().slice(0, 1)), {}],
  ["of a run of an earlier version", () => readResults(fixture), {}],
];

describe("the RO-Crate", () => {
  for (const [name, run, details] of RUNS) {
    it(`${name} meets the requirements of its profiles`, () => {
      const { files, text } = crateOf(run(), details);
      assert.deepEqual(crateErrors(text, [...files.keys()]), []);
    });
  }

  it("is found wrong where a requirement is not met", () => {
    const { files, text } = crateOf(sampleRun());
    const names = [...files.keys()];
    const without = (pattern: RegExp) => crateErrors(text.replace(pattern, '"other": '), names).join("; ");
    assert.match(without(/"instrument": /), /the action has an instrument/);
    assert.match(without(/"mainEntity": /), /the root has a main entity/);
    assert.match(without(/"license": /), /the root has a license/);
    assert.match(without(/"programmingLanguage": /), /the workflow has a language/);
    assert.deepEqual(crateErrors(text, [...names, "more.csv"]), ["hasPart has more.csv"]);
    assert.match(crateErrors(text, names.slice(1)).join(), /README\.md exists in the folder/);
  });

  it("has size and checksum of every file", () => {
    const { files, graph } = crateOf(sampleRun());
    const csv = fileOf(files, "steps.csv");
    const entity = graph.find((each) => each["@id"] === "steps.csv");
    assert.deepEqual(
      [entity?.contentSize, entity?.sha256],
      [String(Buffer.byteLength(csv)), createHash("sha256").update(csv).digest("hex")],
    );
  });

  it("says that a run failed, and why", () => {
    const { graph } = crateOf(buildResults(sampleEvents().slice(0, 4)));
    const action = graph.find((each) => each["@type"] === "CreateAction");
    assert.deepEqual(
      [action?.actionStatus, action?.endTime],
      ["http://schema.org/FailedActionStatus", undefined],
    );
    assert.match(String(action?.error), /the run was cut off/);
  });

  it("lists its files, by which an earlier export is recognised", () => {
    const { files, text } = crateOf(sampleRun());
    assert.deepEqual(filesIn(text)?.toSorted(), [...files.keys()].toSorted());
    for (const other of ["", "[]", "null", "{}", '{"@graph":[{"@id":"./","hasPart":[{"@id":"a"}]}]}'])
      assert.equal(filesIn(other), undefined, other);
  });
});
