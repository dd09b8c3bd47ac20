import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TESTBEDS } from "../../config/testbed/index.ts";
import { openerOf } from "./index.ts";

describe("the kinds of testbeds", () => {
  for (const { kind } of TESTBEDS) {
    it(`have a component each: ${kind}`, async () => assert.equal(typeof (await openerOf(kind)), "function"));
  }
});
