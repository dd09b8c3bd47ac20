import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { eventually } from "../../test/support/eventually.ts";
import { parses } from "../../test/support/fakeDocker.ts";
import { ShellFolder } from "../../test/support/shell.ts";
import { tiedScript } from "./tied.ts";

/** A script that starts a process that does not end by itself, in a pipe, as scripts do with `ssh`. */
const text = tiedScript(
  { SECONDS_LONG: 1234 },
  'echo $$ > shell; output=$(echo | sh -c "echo \\$\\$ > child; exec sleep $SECONDS_LONG"); echo "$output"',
);

/** Runs the script as `pulumi` does: it starts a provider, which starts a shell. Calls `kill` with their process ids. */
async function interrupted(kill: (pids: Record<"pulumi" | "shell" | "child", number>) => void) {
  const folder = new ShellFolder();
  const { directory } = folder;
  folder.write("script", text);
  folder.write("provider", `sh -c "$(cat ${directory}/script)" & wait`);
  const pulumi = spawn("sh", ["-c", `sh ${directory}/provider & wait`], { cwd: directory, stdio: "ignore" });
  const pid = (name: string) => Number(readFileSync(`${directory}/${name}`, "utf8"));
  try {
    await eventually(async () => assert.ok(pid("child") > 0));
    const pids = { pulumi: pulumi.pid ?? 0, shell: pid("shell"), child: pid("child") };
    assert.ok(isRunning(pids.child));
    kill(pids);
    await eventually(async () =>
      assert.deepEqual([isRunning(pids.shell), isRunning(pids.child)], [false, false]),
    );
  } finally {
    pulumi.kill("SIGKILL");
    folder.dispose();
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("a tied script", { skip: process.platform !== "linux" && "it needs /proc" }, () => {
  it("is valid sh", async () => assert.equal(await parses(text), ""));

  it("ends with all its processes when its shell is killed, as the official provider does at Ctrl-C", () =>
    interrupted(({ shell }) => process.kill(shell, "SIGKILL")));

  it("ends with all its processes when pulumi is killed", () =>
    interrupted(({ pulumi }) => process.kill(pulumi, "SIGKILL")));

  it("ends by itself without waiting for what watches it, and keeps its output and exit code", () => {
    const folder = new ShellFolder();
    const started = Date.now();
    assert.deepEqual(folder.run(tiedScript({ A: "b c" }, 'wait; echo "$A"; exit 3')), {
      code: 3,
      stdout: "b c\n",
      stderr: "",
    });
    assert.ok(Date.now() - started < 60_000);
    folder.dispose();
  });
});
