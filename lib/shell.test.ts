import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { commandLine, script, word } from "./shell.ts";

const sh = (...args: string[]) => execFileSync("sh", args, { encoding: "utf8" });

/** What a real `sh` has in a variable for each of these strings, all in one run. */
function throughScript(strings: string[]): string[] {
  return split(sh("-c", strings.map((text) => script({ X: text }, `printf '%s\\0' "$X"`)).join("")));
}
function throughCommandLine(strings: string[]): string[] {
  return split(sh("-c", strings.map((text) => commandLine({ X: text }, `printf '%s\\0' "$X"`)).join("\n")));
}
function throughWords(strings: string[]): string[] {
  return split(sh("-c", `printf '%s\\0' ${strings.map(word).join(" ")}`));
}
const split = (output: string) => output.split("\0").slice(0, -1);

/** Any text that a process can be given: no NUL. Half of them are made of what means something to a shell. */
const strings = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.string({
        unit: fc.constantFrom(..."'\"\\$`!~*?[]{}()<>|&;#%^=:-@+, \n\t\r\u00a0aC1é"),
        maxLength: 12,
      }),
    ),
    { minLength: 1, maxLength: 150 },
  )
  .map((list) => list.map((text) => text.replaceAll("\0", "")));

describe("a value comes out of a shell as it went in", () => {
  const ways = { "a script": throughScript, "a command line": throughCommandLine, "a word": throughWords };
  for (const [way, through] of Object.entries(ways)) {
    it(`as ${way}'s, whatever is in it`, () => {
      fc.assert(
        fc.property(strings, (list) => {
          assert.deepEqual(through(list), list);
        }),
        { numRuns: 20 },
      );
    });
  }

  for (const text of [
    "",
    " ",
    "-n",
    "two words",
    "it's",
    `"it's"`,
    "$HOME `id` $(id)",
    "back\\slash\\",
    "line\nline\n",
    "a;b|c&d",
    "*",
    "#no comment",
    "a=b:c",
  ]) {
    it(`such as ${JSON.stringify(text)}`, () => assert.deepEqual(throughScript([text]), [text]));
  }

  for (const text of ["~", "~root", "it's!", `!"'`]) {
    it(`such as ${JSON.stringify(text)}`, () => assert.deepEqual(throughScript([text]), [text]));
  }
});

describe("a script", () => {
  it("takes numbers as well", () => {
    assert.equal(sh("-c", script({ X: 60 }, 'echo "$((X + 1))"')), "61\n");
  });

  it("stops at the first command that fails", () => {
    assert.throws(() => sh("-c", script({}, "false\necho went on")), { status: 1, stdout: "" });
  });

  it("stops at a variable that is not set", () => {
    assert.throws(() => execFileSync("sh", ["-c", script({}, 'echo "$MISSING"')], { stdio: "pipe" }), {
      status: 2,
    });
  });

  it("ends with a line's end, so that another may follow", () => {
    assert.match(script({}, "true"), /true\n$/);
  });
});
