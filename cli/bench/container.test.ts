import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseState } from "./container.ts";

const line = (run: string) => ["0a1b", run, "key", "up", "true", "0"].join("\t");

describe("the runner's container", () => {
  it("is parsed from what the manager's engine prints", () => {
    const run = "20261124T102030Z-local-0a1b2c";
    assert.deepEqual(parseState(`${line(run)}\n`), {
      id: "0a1b",
      run,
      plan: "key",
      origin: "up",
      running: true,
      exitCode: 0,
    });
    assert.equal(parseState("\n"), undefined);
  });

  for (const run of [
    "../../x",
    "..",
    "/etc/cron.d/x",
    "a/b",
    ".hidden",
    "-rf",
    "a b",
    "a\\b",
    "é",
    "r".repeat(300),
  ]) {
    it(`is refused with the label ${run.slice(0, 20)}, which is not the name of a run`, () => {
      assert.throws(() => parseState(line(run)), /swarmbench\.run=.*is not the name of a run/);
    });
  }
});
