import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { parsed } from "../../test/support/commands.ts";
import { project } from "../lib/paths.ts";
import { readArguments as argumentsOf } from "./arguments.ts";
import { benchCommand } from "./command.ts";

const readArguments = (...args: string[]) => argumentsOf(parsed(benchCommand(), args));

describe("the arguments of bench", () => {
  it("default to the stack local", () =>
    assert.deepEqual(readArguments(), {
      stack: "local",
      set: [],
      aba: false,
      replicates: 5,
      failOnSlo: false,
      failOnWorse: false,
      junit: undefined,
      stop: false,
      resume: undefined,
      results: path.join(project, "runs"),
      fromUp: false,
    }));

  it("can change several settings", () =>
    assert.deepEqual(readArguments("-s", "lab", "--set", "producers=5", "--set=search=null").set, [
      "producers=5",
      "search=null",
    ]));

  it("are refused when --aba has no changes, or resumes a run", () => {
    assert.throws(() => readArguments("--aba"), /--aba needs --set/);
    assert.throws(() => readArguments("--aba", "--set", "a=1", "--resume", "r"), /exclude each other/);
    for (const replicates of ["4", "5.5", "x"])
      assert.throws(
        () => readArguments("--aba", "--set", "a=1", "--replicates", replicates),
        /--replicates: expected a whole number of at least 5/,
      );
    assert.throws(() => readArguments("--fail-on-worse"), /--fail-on-worse needs --aba/);
    assert.throws(() => readArguments("more"), /too many arguments/);
  });
});
