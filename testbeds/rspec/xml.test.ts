import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { SwarmbenchError } from "../../contract/errors.ts";
import { quoteForeign } from "../../lib/hostNames.ts";
import { readManifests } from "../../test/support/readManifests.ts";
import { loadManifests } from "./files.ts";
import { attribute, parseXml, XmlError } from "./xml.ts";

const refused = (text: string, why: RegExp) =>
  assert.throws(
    () => parseXml(text),
    (error: Error) => {
      assert.ok(error instanceof XmlError);
      assert.match(error.message, why);
      return true;
    },
  );
/** CPU time within which a hostile text must be refused; generous. */
const QUICK_MS = 10_000;
function quickly(action: () => void): void {
  const start = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(start);
  assert.ok((user + system) / 1000 < QUICK_MS);
}

describe("a hostile file", () => {
  it("that defines entities is rejected for its DOCTYPE; nothing is expanded", () => {
    const entities = Array.from(
      { length: 30 },
      (_, i) => `<!ENTITY e${i + 1} "&e${i};&e${i};&e${i};&e${i};">`,
    );
    const bomb = `<?xml version="1.0"?><!DOCTYPE rspec [<!ENTITY e0 "lol">${entities.join("")}]><rspec>&e30;</rspec>`;
    quickly(() => refused(bomb, /^has a DOCTYPE \(line 1\)/));
  });

  it("that names a file or an address is rejected for its DOCTYPE; nothing is read", () => {
    refused('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', /DOCTYPE/);
    refused('<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><r/>', /DOCTYPE/);
    refused("<!DOCTYPE rspec><rspec/>", /DOCTYPE/);
  });

  it("may use only XML's predefined entities", () => {
    assert.equal(attribute(parseXml('<a b="x&amp;&lt;&#65;"/>'), "b"), "x&<A");
    refused('<a b="&nbsp;"/>', /not well-formed XML \(line 1\): unknown entity/);
  });

  it("that is larger than 1 MiB is rejected; bytes count, not characters", () => {
    const padded = (text: string) => `<rspec><!--${text}--></rspec>`;
    refused(padded("a".repeat(1024 * 1024)), /^is larger than 1 MiB/);
    refused(padded("ä".repeat(600 * 1024)), /^is larger than 1 MiB/);
    assert.equal(parseXml(padded("a".repeat(1000 * 1024))).name, "rspec");
  });

  it("that is nested deeply is rejected without a stack overflow", () => {
    quickly(() => refused("<a>".repeat(200_000), /^has elements nested more than 32 deep \(line 1\)$/));
  });

  it("with thousands of namespaces and attributes is read quickly", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `xmlns:n${i}="u"`).join(" ");
    const wide = `<rspec ${many}>${'<a xmlns="b"/>'.repeat(40_000)}</rspec>`;
    quickly(() => assert.equal(parseXml(wide).children.length, 40_000));
  });

  it("with thousands of nodes or logins is rejected quickly", () => {
    const nodes = `<rspec>${'<node client_id="a" sliver_id="b"/>'.repeat(20_000)}</rspec>`;
    const logins = `<rspec><node client_id="a"><services>${'<login username="-"/>'.repeat(10_000)}</services></node></rspec>`;
    quickly(() => assert.throws(() => readManifests([{ name: "x", text: nodes }]), SwarmbenchError));
    quickly(() => assert.throws(() => readManifests([{ name: "x", text: logins }]), SwarmbenchError));
  });

  it("with the names of built-in JavaScript properties is read like any other", () => {
    const text =
      '<rspec><node client_id="__proto__" __proto__="x" constructor="y"><constructor/><__proto__/></node></rspec>';
    const [node] = parseXml(text).children;
    assert.deepEqual([attribute(node, "__proto__"), attribute(node, "toString")], ["x", undefined]);
    assert.equal(({} as { x?: string }).x, undefined);
  });

  it("cannot control the terminal: control characters in a message are escaped", () => {
    assert.equal(quoteForeign("a\u009b31m\u001b[2J\u202eb\n"), '"a\\u009b31m\\u001b[2J\\u202eb\\n"');
    const text = `<rspec><node client_id="\u009b31m" sliver_id="s"/></rspec>`;
    assert.throws(
      () => readManifests([{ name: "x", text }]),
      (error: Error) => !error.message.includes("\u009b") && error.message.includes('"\\u009b31m"'),
    );
    refused('<?xml version="1.1"?><a b="&#27;"/>', /not well-formed XML/);
  });
});

describe("a malformed file", () => {
  for (const [what, text] of Object.entries({
    "an element that is not closed": "<rspec>\n<node>\n</rspec>",
    "two outermost elements": "<rspec/>\n\n<rspec/>",
    "an attribute twice": '<rspec>\n\n<node a="1" a="2"/></rspec>',
    "an attribute without quotes": "<rspec>\n\n<node a=1/></rspec>",
    "text before it": "Retrieving manifest...\n\n<rspec/>",
  })) {
    it(`is rejected with the line: ${what}`, () =>
      refused(text, /^is not well-formed XML \(line [1-3]\): ./));
  }

  it("is rejected if it is empty", () => {
    refused(" \n", /^is empty$/);
    refused("<!-- a -->", /not well-formed XML/);
  });

  for (const [what, text, why] of [
    ["a web page", "<html><body/></html>", /is not an RSpec: its outermost element is "html"/],
    ["an advertisement", '<rspec type="advertisement"><node/></rspec>', /no node has a usable login/],
    ["without nodes", '<rspec type="manifest"/>', /no node has a usable login/],
  ] as const) {
    it(`is rejected if it is something else: ${what}`, () => {
      assert.throws(() => readManifests([{ name: "x.xml", text }]), why);
    });
  }

  it("is rejected if it has no node", () => assert.throws(() => readManifests([]), /no manifest is given/));

  it("is read if it begins with a byte order mark, as editors on Windows write it", () => {
    assert.equal(parseXml('\ufeff<?xml version="1.0" encoding="UTF-8"?>\r\n<rspec/>\r\n').name, "rspec");
  });
});

describe("files", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "rspec-"));
  after(() => rmSync(directory, { recursive: true }));
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(path.join(directory, name), content);
    return path.join(directory, name);
  };

  it("are read", () => {
    const name = file("a.xml", "<rspec/>");
    assert.deepEqual(loadManifests([name]), [{ name, text: "<rspec/>" }]);
  });

  it("that cannot be read are all listed, without waiting for a pipe", () => {
    execFileSync("mkfifo", [path.join(directory, "pipe")]);
    const paths = [
      file("large.xml", Buffer.alloc(1024 * 1024 + 1, 32)),
      file("wide.xml", Buffer.from("\ufeff<rspec/>", "utf16le")),
      path.join(directory, "none.xml"),
      path.join(directory, "pipe"),
      directory,
    ];
    assert.throws(
      () => loadManifests(paths),
      (error: Error) => {
        const lines = error.message
          .replaceAll(`${directory}/`, "")
          .replaceAll(directory, "folder")
          .split("\n");
        assert.deepEqual(lines.slice(1), [
          "  - large.xml: is larger than 1 MiB: no manifest is that large",
          "  - wide.xml: is not encoded in UTF-8: save it as UTF-8",
          "  - none.xml: there is no such file: save the manifest in jFed and name its path",
          "  - pipe: is not a regular file",
          "  - folder: is not a regular file",
        ]);
        return error instanceof SwarmbenchError;
      },
    );
  });
});
