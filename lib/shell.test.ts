import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { commandLine, script, word } from "./shell.ts";

const sh = (...args: string[]) => execFileSync("sh", args, { encoding: "utf8" });

/** The value of a variable in a real `sh` for each of these strings, all in one run. */
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

/** Any text that can be an argument of a process: no NUL. Half of them consist of characters that a shell interprets. */
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

describe("a value is unchanged after it passed through a shell", () => {
  const forms = { "a script": throughScript, "a command line": throughCommandLine, "a word": throughWords };
  for (const [form, through] of Object.entries(forms)) {
    it(`as part of ${form}, for any text`, () => {
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
  it("accepts numbers as parameters", () => {
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

  it("ends with a newline, so that another script may follow", () => {
    assert.match(script({}, "true"), /true\n$/);
  });
});
