import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "node:test";
import { SwarmbenchError } from "../../contract/errors.ts";
import { ask, run } from "./run.ts";

const shell = (script: string) => ["-c", script];

describe("run", () => {
  it("returns standard output", async () => assert.equal(await run("sh", shell("echo one")), "one\n"));

  it("passes on the environment with added variables", async () => {
    const text = await run("sh", shell('echo "$PATH $ADDED"'), { env: { ADDED: "yes" } });
    assert.equal(text, `${process.env.PATH} yes\n`);
  });

  it("fails with the last 25 lines of both streams", async () => {
    const failing = run("sh", shell("seq 1 40; echo broken >&2; exit 3"));
    await assert.rejects(failing, (error) => {
      assert.ok(error instanceof SwarmbenchError && error.code === "program-failed");
      const [, , ...tail] = error.message.split("\n");
      assert.deepEqual(tail, [...Array.from({ length: 24 }, (_, index) => `${index + 17}`), "broken"]);
      return /^sh -c .*\nended with 3:\n/.test(error.message);
    });
  });

  it("fails with an error of its own for a program that is not installed", () =>
    assert.rejects(run("swarmbench-none", []), {
      code: "program-missing",
      message: "swarmbench-none is not installed",
    }));

  it("writes to the terminal with `show`", () => {
    const runner = JSON.stringify(path.join(import.meta.dirname, "run.ts"));
    const source = `import { run } from ${runner}; console.log([await run("echo", ["shown"], { show: true })]);`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", source];
    assert.equal(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout, "shown\n[ '' ]\n");
  });
});

describe("ask", () => {
  it("returns trimmed output, and undefined if the program fails or is missing", async () => {
    assert.equal(await ask("echo", [" yes "]), "yes");
    assert.equal(await ask("false", []), undefined);
    assert.equal(await ask("swarmbench-none", []), undefined);
  });
});
