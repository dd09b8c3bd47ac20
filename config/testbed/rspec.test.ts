import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsErrorsOf } from "../../test/support/settingsErrors.ts";
import { parseSettings } from "../settings.ts";

function settingsOf(testbed: object, nodes?: string) {
  const config = { testbed: JSON.stringify({ kind: "rspec", manifests: ["m.rspec"], ...testbed }) };
  return parseSettings(nodes === undefined ? config : { ...config, nodes }, "fed4fire", "ann");
}

describe("the machines of an rspec testbed", () => {
  it("are as many as are named, unless the number of nodes is set", () => {
    assert.equal(settingsOf({ machines: ["a", "b"] }).nodes.length, 2);
    assert.equal(settingsOf({ machines: ["a", "b"] }, "1").nodes.length, 1);
  });

  it("are refused if fewer are named than there are nodes", () => {
    const errors = settingsErrorsOf(() => settingsOf({ machines: ["a", "b"] }, "3"));
    assert.match(errors.join(), /testbed\.machines: names 2 of 3 nodes/);
  });
});
