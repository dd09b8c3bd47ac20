import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { ask, askSync, exec, runProgram, startDaemon } from "./exec.ts";

const shell = (script: string) => ["-c", script];

describe("exec", () => {
  it("returns standard output unchanged", async () =>
    assert.equal(await exec("sh", shell("echo one; echo two >&2")), "one\n"));

  it("fails with what the program printed on standard error", () =>
    assert.rejects(exec("sh", shell("echo broken >&2; exit 3")), { message: "broken" }));

  it("fails with the command and exit code if the program printed nothing", () =>
    assert.rejects(exec("sh", shell("exit 3")), { message: "sh -c exit 3 ended with 3" }));

  it("ends the program after the time limit, which the error tells", () =>
    assert.rejects(exec("sleep", ["60"], { timeoutMs: 100 }), { message: "sleep 60 timed out after 0.1 s" }));

  it("names setup in the error for a program that is not installed", () =>
    assert.rejects(exec("swarmbench-none", []), {
      message: "swarmbench-none is not installed; run `npm run setup`",
    }));
});

describe("ask", () => {
  const options = { input: "", timeoutMs: 20_000 };

  it("sends the input and returns the exit code", async () =>
    assert.deepEqual(await ask("sh", shell("cat; echo no >&2; exit 7"), { ...options, input: "in" }), {
      code: 7,
      stdout: "in",
      stderr: "no\n",
      timedOut: false,
    }));

  it("accepts a program that ends before it has read its input", async () => {
    const { code } = await ask("true", [], { ...options, input: "x".repeat(1_000_000) });
    assert.equal(code, 0);
  });

  it("returns no code if the program was ended after the time limit", async () => {
    const { code, timedOut } = await ask("sleep", ["60"], { ...options, timeoutMs: 100 });
    assert.deepEqual({ code, timedOut }, { code: undefined, timedOut: true });
  });

  it("ends the program when the signal aborts", async () => {
    const { code, timedOut } = await ask("sleep", ["60"], { ...options, signal: AbortSignal.timeout(100) });
    assert.deepEqual({ code, timedOut }, { code: undefined, timedOut: false });
  });
});

describe("runProgram", () => {
  it("returns the output of both streams in the order in which it was written", async () => {
    const script = "echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three";
    assert.equal((await runProgram("sh", shell(script))).output, "one\ntwo\nthree\n");
  });

  it("passes on each line as it is printed, also of a program that fails", async () => {
    const lines: string[] = [];
    const { code } = await runProgram("sh", shell("echo one; echo two; exit 3"), {
      onLine: (line) => lines.push(line),
    });
    assert.deepEqual([lines, code], [["one", "two"], 3]);
  });

  it("throws what the reader of lines throws", () => {
    const onLine = (line: string) => assert.fail(`no JSON: ${line}`);
    return assert.rejects(runProgram("echo", ["x"], { onLine }), /no JSON: x/);
  });

  it("can keep standard input open until the program is ended", async () => {
    const signal = AbortSignal.timeout(300);
    const { code, stdout } = await runProgram("sh", shell("echo on; cat; echo closed"), {
      keepInputOpen: true,
      signal,
    });
    assert.deepEqual([code, stdout], [undefined, "on\n"]);
  });
});

describe("askSync", () => {
  it("returns the output, and undefined if the program fails or is missing", () => {
    assert.equal(askSync("echo", ["yes"]), "yes");
    assert.equal(askSync("false", []), undefined);
    assert.equal(askSync("swarmbench-none", []), undefined);
  });
});

describe("a daemon", () => {
  it("writes its output to the log, and tells how it ended", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
    const log = path.join(folder, "log");
    const { ended } = startDaemon("sh", shell("echo on; echo error >&2; exit 3"), log);
    assert.equal(ended(), undefined);
    while (ended() === undefined) await setTimeout(10);
    assert.deepEqual([ended(), readFileSync(log, "utf8")], ["ended with 3", "on\nerror\n"]);
    rmSync(folder, { recursive: true });
  });

  it("tells why it could not be started", async () => {
    const { ended } = startDaemon("swarmbench-none", [], "/dev/null");
    while (ended() === undefined) await setTimeout(10);
    assert.match(ended() ?? "", /could not be started: .*ENOENT/);
  });
});
