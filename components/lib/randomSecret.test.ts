import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { declareOn, type Program, secrecy, secretOf } from "../../test/support/deployment.ts";
import { known } from "../../test/support/mocks.ts";
import { type RandomSecret, randomSecret } from "./randomSecret.ts";

const run = promisify(execFile);
let program: Program<RandomSecret>;
before(async () => {
  program = await declareOn(() => randomSecret("probe-password", 3, {}));
});

/** Runs the declared command as the Command provider does, with the output of the previous run. */
async function draw(step: "create" | "update", rotation: number, printed = ""): Promise<string> {
  const { inputs } = program.get("Command probe-password");
  const env = { PATH: process.env.PATH, ROTATION: String(rotation), PULUMI_COMMAND_STDOUT: printed };
  return (await run("/bin/sh", ["-c", String(inputs[step])], { env })).stdout;
}

describe("a random secret", () => {
  it("has 192 random bits in characters that need no quoting, and is its own predecessor at first", async () => {
    const [, rotation, current, previous] = /^(\d+) (\w+) (\w+)\n$/.exec(await draw("create", 3)) ?? [];
    assert.match(current ?? "", /^[0-9a-f]{48}$/);
    assert.deepEqual([rotation, previous], ["3", current]);
  });

  it("is different each time", async () => {
    assert.notEqual(await draw("create", 0), await draw("create", 0));
  });

  it("changes with the rotation and keeps its predecessor", async () => {
    const first = await draw("create", 0);
    const [, old] = first.split(" ");
    const [rotation, current, previous] = (await draw("update", 1, first)).trim().split(" ");
    assert.deepEqual([rotation, previous], ["1", old]);
    assert.match(current ?? "", /^[0-9a-f]{48}$/);
    assert.notEqual(current, old);
  });

  it("keeps only the last of several predecessors", async () => {
    const second = await draw("update", 1, await draw("create", 0));
    const [, , previous] = (await draw("update", 2, second)).trim().split(" ");
    assert.equal(previous, second.split(" ")[1]);
  });

  it("stays the same if the command runs again with the same rotation", async () => {
    const second = await draw("update", 1, await draw("create", 0));
    assert.equal(await draw("update", 1, second), second);
  });

  it("is marked as a secret, like its predecessor", async () => {
    const { current, previous } = program.result;
    assert.deepEqual(await secrecy({ current, previous }), { current: true, previous: true });
    assert.deepEqual(
      [await known(current), await known(previous)],
      [secretOf("probe-password", "current"), secretOf("probe-password", "previous")],
    );
  });

  it("is encrypted in the state, like the output of its command", () => {
    assert.deepEqual(program.get("Command probe-password").secretOutputs, ["stdout"]);
  });

  it("is passed to the command's next run and not logged", () => {
    const { inputs } = program.get("Command probe-password");
    assert.deepEqual(inputs.environment, { ROTATION: "3" });
    assert.equal(inputs.addPreviousOutputInEnv, true);
    assert.equal(inputs.logging, "none");
  });
});
