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

  it("select a Kafka without a stack, with short options for its load", () => {
    const args = readArguments(
      "--bootstrap",
      "a:1,b:2",
      "--producers",
      "5",
      "--total-rate=9",
      "--agents",
      "2",
    );
    assert.deepEqual(args.kafka, {
      bootstrap: "a:1,b:2",
      agents: 2,
      prefix: "swarmbench-",
      changes: ["producers=5", "totalRate=9"],
    });
    assert.equal(readArguments("--properties", "p").kafka?.properties, "p");
    assert.equal(readArguments("-s", "lab").kafka, undefined);
  });

  it("are refused if they mix a stack and another Kafka", () => {
    const kafka = ["--bootstrap", "a:1"];
    assert.throws(() => readArguments("--producers", "5"), /--producers needs --bootstrap/);
    assert.throws(() => readArguments("-f", "x.yaml"), /--file needs --bootstrap/);
    assert.throws(() => readArguments(...kafka, "-s", "lab"), /outside a stack: leave out --stack/);
    assert.throws(() => readArguments(...kafka, "--stop"), /leave out --stack and --stop/);
    for (const agents of ["0", "1.5", "x", "65"])
      assert.throws(() => readArguments(...kafka, "--agents", agents), /--agents: expected a whole number/);
    for (const prefix of ["", "a b", "x".repeat(41)])
      assert.throws(() => readArguments(...kafka, "--prefix", prefix), /--prefix: expected 1 to 40 letters/);
  });

  it("are refused when --aba has no changes, or resumes a run", () => {
    assert.throws(() => readArguments("--aba"), /--aba needs --set/);
    assert.throws(() => readArguments("--aba", "--set", "a=1", "--resume", "r"), /cannot be combined/);
    for (const replicates of ["4", "5.5", "x"])
      assert.throws(
        () => readArguments("--aba", "--set", "a=1", "--replicates", replicates),
        /--replicates: expected a whole number of at least 5/,
      );
    assert.throws(() => readArguments("--fail-on-worse"), /--fail-on-worse needs --aba/);
    assert.throws(() => readArguments("more"), /too many arguments/);
  });
});
