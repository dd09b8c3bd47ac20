import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { STATUS_PREFIX } from "../../contract/progress.ts";
import { Display } from "./display.ts";

/** What a display of these lines writes, each with the second in which it comes. */
function written(isTTY: boolean, lines: readonly [second: number, line: string][], columns = 80): string {
  let text = "";
  let second = 0;
  const screen = { isTTY, columns, write: (part: string) => (text += part) };
  const display = new Display(screen, 15, () => second * 1_000);
  for (const [at, line] of lines) {
    second = at;
    display.show(line);
  }
  return text;
}
const status = (text: string) => `${STATUS_PREFIX}${text}`;

describe("the progress of a run", () => {
  it("prints a status line every 15 s in a log, and all other lines", () => {
    const text = written(false, [
      [0, "step 1: ok"],
      [3, status("a")],
      [14, status("b")],
      [15, status("c")],
      [16, "step 2: ok"],
      [17, status("d")],
    ]);
    assert.equal(text, "step 1: ok\nc\nstep 2: ok\n");
  });

  it("prints the first status line with a latency in a log at once", () => {
    const text = written(false, [
      [0, status("connecting")],
      [3, status("delivered 10/s, latency p50 2 ms")],
      [4, status("delivered 10/s, latency p50 3 ms")],
    ]);
    assert.equal(text, "connecting\ndelivered 10/s, latency p50 2 ms\n");
  });

  it("replaces the status line in a terminal, and keeps all other lines", () => {
    const clear = "\r\u001b[2K";
    const text = written(true, [
      [0, status("a")],
      [1, status("b")],
      [2, "step 1: ok"],
      [3, status("c")],
    ]);
    assert.equal(text, `… a${clear}… b${clear}step 1: ok\n… c`);
  });

  it("cuts a status line that is wider than the terminal, because it could not be replaced", () => {
    assert.equal(written(true, [[0, status("0123456789")]], 8), "… 01234");
  });
});
