import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parsed } from "../../test/support/commands.ts";
import { readArguments as argumentsOf } from "./arguments.ts";
import { benchCommand } from "./command.ts";

const readArguments = (...args: string[]) => argumentsOf(parsed(benchCommand(), args));

describe("the arguments of bench", () => {
  it("measure the local stack where nothing is said", () =>
    assert.deepEqual(readArguments(), {
      stack: "local",
      set: [],
      aba: false,
      replicates: 5,
      failOnSlo: false,
      stop: false,
      results: "runs",
      fromUp: false,
    }));

  it("may change several settings", () =>
    assert.deepEqual(readArguments("-s", "lab", "--set", "producers=5", "--set=search=null").set, [
      "producers=5",
      "search=null",
    ]));

  it("are refused where --aba has nothing to compare, or another run to continue", () => {
    assert.throws(() => readArguments("--aba"), /--aba needs --set/);
    assert.throws(() => readArguments("--aba", "--set", "a=1", "--resume", "r"), /do not go together/);
    for (const replicates of ["4", "5.5", "x"])
      assert.throws(
        () => readArguments("--aba", "--set", "a=1", "--replicates", replicates),
        /--replicates: expected a whole number of at least 5/,
      );
    assert.throws(() => readArguments("more"), /too many arguments/);
  });
});
