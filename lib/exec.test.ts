import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ask, exec, runProgram } from "./exec.ts";

const shell = (script: string) => ["-c", script];

describe("a program that is run", () => {
  it("gives its standard output as it is", async () =>
    assert.equal(await exec("sh", shell("echo one; echo two >&2")), "one\n"));

  it("fails with what it printed on standard error", () =>
    assert.rejects(exec("sh", shell("echo broken >&2; exit 3")), { message: "broken" }));

  it("fails with its command and exit code where it printed nothing", () =>
    assert.rejects(exec("sh", shell("exit 3")), { message: "sh -c exit 3 ended with 3" }));

  it("is ended after its time, and the error says so", () =>
    assert.rejects(exec("sleep", ["60"], { timeoutMs: 100 }), { message: "sleep 60 timed out after 0.1 s" }));

  it("that is not installed is an error that names the way out", () =>
    assert.rejects(exec("swarmbench-none", []), {
      message: "swarmbench-none is not installed; run `npm run setup`",
    }));
});

describe("a program that is asked", () => {
  const options = { input: "", timeoutMs: 20_000 };

  it("reads its input and is judged by its exit code", async () =>
    assert.deepEqual(await ask("sh", shell("cat; echo no >&2; exit 7"), { ...options, input: "in" }), {
      code: 7,
      stdout: "in",
      stderr: "no\n",
      timedOut: false,
    }));

  it("may end before it has read its input", async () => {
    const { code } = await ask("true", [], { ...options, input: "x".repeat(1_000_000) });
    assert.equal(code, 0);
  });

  it("has no code where it was ended after its time", async () => {
    const { code, timedOut } = await ask("sleep", ["60"], { ...options, timeoutMs: 100 });
    assert.deepEqual({ code, timedOut }, { code: undefined, timedOut: true });
  });

  it("is ended when it is not wanted any more", async () => {
    const { code, timedOut } = await ask("sleep", ["60"], { ...options, signal: AbortSignal.timeout(100) });
    assert.deepEqual({ code, timedOut }, { code: undefined, timedOut: false });
  });
});

describe("the output of a program", () => {
  it("is in the order in which it was written, over both streams", async () => {
    const script = "echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three";
    assert.equal((await runProgram("sh", shell(script))).output, "one\ntwo\nthree\n");
  });
});
