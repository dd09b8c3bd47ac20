import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TESTBEDS } from "../../config/testbed/index.ts";
import { openerOf } from "./index.ts";

describe("every kind of testbed", () => {
  for (const { kind } of TESTBEDS) {
    it(`has a component: ${kind}`, async () => assert.equal(typeof (await openerOf(kind)), "function"));
  }
});
