import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { claimsOfSource, compareClaims, fullName } from "./claims.ts";

/** A placeholder of a template, as a source file contains it. */
const PLACEHOLDER = "$" + "{n}";
const namesIn = (text: string) => claimsOfSource("a.test.ts", text).map(fullName);

describe("the claims of a test file", () => {
  it("are named by the suites around them", () => {
    const text = `describe("a", () => { describe("b", () => { it("c", () => {}); }); it("d", () => {}); });`;
    assert.deepEqual(namesIn(text), ["a > b > c", "a > d"]);
  });

  it("include those that are skipped, and those in helpers named describe…", () => {
    assert.deepEqual(namesIn(`describeIt(on, () => { it.skip("a", () => {}); test("b"); });`), [
      "describeIt > a",
      "describeIt > b",
    ]);
    assert.deepEqual(namesIn(`describeTestbed("ssh", () => it("a"));`), ["ssh > a"]);
  });

  it("show a computed title as its source, and how many entries the loop around it has", () => {
    const title = `has ${PLACEHOLDER}`;
    const loop = `for (const n of ALL) { it(\`${title}\`); it(n); }`;
    assert.deepEqual(namesIn(`const ALL = [1, 2] as const; ${loop}`), [`${title} (×2)`, "n (×2)"]);
    assert.deepEqual(namesIn(`import { ALL } from "./all.ts"; ${loop}`), [title, "n"]);
    assert.deepEqual(namesIn("for (const [n] of Object.entries({ a, b, c })) it(n);"), ["n (×3)"]);
  });
});

describe("a comparison of claims", () => {
  it("lists the claims that are gone, new and moved, across files", () => {
    const before = claimsOfSource("old.test.ts", `it("same"); it("gone"); describe("a", () => it("moved"));`);
    const after = claimsOfSource("new.test.ts", `it("same"); it("new"); describe("b", () => it("moved"));`);
    const { gone, added, moved, same } = compareClaims(before, after);
    assert.deepEqual([gone.map(fullName), added.map(fullName), same], [["gone"], ["new"], 1]);
    assert.deepEqual(
      moved.map((pair) => pair.map(fullName)),
      [["a > moved", "b > moved"]],
    );
  });

  it("counts a claim that appears twice as two", () => {
    const claims = claimsOfSource("a.test.ts", `it("a"); it("a");`);
    assert.equal(compareClaims(claims, claims.slice(1)).gone.length, 1);
  });
});
