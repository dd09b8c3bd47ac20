import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";

describe("an agent", { skip: process.platform !== "linux" }, () => {
  it("may open as many files as its hard limit allows, although Docker 29 starts it with 1024", () => {
    const read = "process.stdout.write(require('fs').readFileSync('/proc/self/limits', 'utf8'))";
    const started = ["-c", 'ulimit -Sn 1024 && exec "$0" -e "$1"', process.execPath, read];
    const { stdout } = spawnSync("sh", started, { encoding: "utf8" });
    const [, soft, hard] = /^Max open files +(\d+) +(\d+)/m.exec(stdout) ?? [];
    assert.ok(soft !== undefined && soft === hard, stdout);
    assert.ok(Number(soft) > 1024, `the hard limit of this machine is ${hard}`);
  });
});
