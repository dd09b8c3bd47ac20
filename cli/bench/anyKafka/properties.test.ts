import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseProperties } from "./properties.ts";

const parsed = (text: string) => Object.fromEntries(parseProperties(text));

describe("a file of properties", () => {
  it("has a name and a value in each line, whatever separates them", () => {
    assert.deepEqual(parsed("a=1\nb:2\nc 3\n  d = 4 \r\ne\nf=\ng=x=y:z"), {
      a: "1",
      b: "2",
      c: "3",
      d: "4 ",
      e: "",
      f: "",
      g: "x=y:z",
    });
  });

  it("may have comments, empty lines and continued lines", () => {
    assert.deepEqual(parsed("# a=1\n\n! b=2\nc=one, \\\n   two\nd=# no comment\ne=even \\\\\nf=last \\"), {
      c: "one, two",
      d: "# no comment",
      e: "even \\",
      f: "last ",
    });
  });

  it("may have escaped characters", () => {
    assert.deepEqual(parsed("a\\=b\\ c=\\u00e4\\t\\n\\x"), { "a=b c": "ä\t\nx" });
  });

  it("gives back what was written with escapes, whatever it is", () => {
    const escaped = (text: string) => {
      const codes = text.split("").map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
      return codes.join("");
    };
    const names = fc.string({ minLength: 1, unit: "binary" });
    fc.assert(
      fc.property(names, fc.string({ unit: "binary" }), (name, value) => {
        assert.equal(parseProperties(`${escaped(name)}=${escaped(value)}`).get(name), value);
      }),
    );
  });
});
