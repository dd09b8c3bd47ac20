import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import * as fc from "fast-check";
import { SwarmbenchError } from "../../../contract/errors.ts";
import type { Host } from "./host.ts";
import { checkSshValues } from "./sshAlphabets.ts";
import { writeSshConfig } from "./sshConfig.ts";

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(os.tmpdir(), "swarmbench-test-")), "a", "ssh");
});
afterEach(() => rmSync(path.resolve(folder, "../.."), { recursive: true, force: true }));

type Way = Extract<Host["access"], { by: "settings" }>;
const hostWith = (more: Partial<Host> = {}, access: Partial<Way> = {}): Host => ({
  node: { name: "node1", role: "agent" },
  address: "a.example",
  access: { by: "settings", port: 22, user: "ann", acceptNewHostKeys: false, ...access },
  ...more,
});

/** A host with the same hostile text in one of its fields. */
const FIELDS: Record<string, (text: string) => Host> = {
  name: (text) => hostWith({ node: { name: text, role: "agent" } }),
  address: (text) => hostWith({ address: text }),
  user: (text) => hostWith({}, { user: text }),
  jump: (text) => hostWith({}, { jump: text }),
  "jump host": (text) => hostWith({}, { jump: `ann@${text}` }),
  key: (text) => hostWith({}, { key: text }),
  knownHosts: (text) => hostWith({}, { knownHosts: text }),
  hostKey: (text) => hostWith({}, { hostKeys: [text] }),
  proxyCommand: (text) => hostWith({}, { proxyCommand: text }),
};
const HOSTILE = ['x\nMatch exec "touch pwn"\n', "x\r\nProxyCommand id", "a\0b"];
const PATHS = ["../../x", "/etc/passwd", "a/../../b", "..", "."];

describe("the values of an ssh configuration", () => {
  for (const [field, host] of Object.entries(FIELDS)) {
    it(`are refused with a line break, and nothing is written: ${field}`, () => {
      for (const text of HOSTILE) {
        assert.throws(
          () => writeSshConfig(folder, [hostWith({ node: { name: "node2", role: "agent" } }), host(text)]),
          (error) => error instanceof SwarmbenchError && error.code === "unsafe-value",
          text,
        );
      }
      assert.ok(!existsSync(folder));
    });
  }

  it("are refused if a name or an address is a path", () => {
    for (const text of PATHS) {
      for (const field of ["name", "address", "user", "jump host"]) {
        assert.throws(() => checkSshValues(FIELDS[field]?.(text) ?? assert.fail()), SwarmbenchError, text);
      }
    }
  });

  it("are refused if ssh would take them for an option or expand them", () => {
    for (const text of ["-oProxyCommand=id", "a b", "%h", "$(id)", "a;id", "*"]) {
      for (const field of ["name", "address", "user", "jump host"]) {
        assert.throws(() => checkSshValues(FIELDS[field]?.(text) ?? assert.fail()), SwarmbenchError, text);
      }
    }
  });

  it("may be all that testbeds and settings have", () => {
    const key = "ecdsa-sha2-nistp256 AAAAE2Vj+/dHA=";
    for (const host of [
      hostWith({ address: "2001:db8::1" }, { jump: "ann@access.example:2222", hostKeys: [key] }),
      hostWith({ address: "gros-1.nancy.grid5000.fr" }, { key: "~/a b/%h key", knownHosts: "~/.ssh/known" }),
      hostWith({ address: "my_alias" }, { user: "ann.b_c-d", proxyCommand: "'ssh' '-W' [%h]:%p 'a@b'" }),
      hostWith({ address: "10.0.0.1" }, { jump: "proxyuser@10.1.1.1:22" }),
    ]) {
      assert.doesNotThrow(() => checkSshValues(host));
    }
  });

  it("never add a statement or a file outside the folder, whatever the text", () => {
    const statements = (text: string) => text.split("\n").map((line) => line.trim().split(" ")[0]);
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.stringMatching(/^[a-z./\n" %-]{1,12}$/),
      fc.constantFrom(...HOSTILE, ...PATHS, "fine.example"),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(FIELDS)), text, (field, value) => {
        const host = FIELDS[field]?.(value) ?? assert.fail();
        try {
          writeSshConfig(folder, [host]);
        } catch (error) {
          assert.equal((error as SwarmbenchError).code, "unsafe-value");
          return;
        }
        assert.deepEqual(readdirSync(path.dirname(folder)), ["ssh"]);
        for (const name of readdirSync(folder).filter((each) => each.endsWith(".config"))) {
          const words = statements(readFileSync(path.join(folder, name), "utf8"));
          assert.ok(!words.includes("Match") && !words.includes("Include"));
          assert.equal(words.filter((word) => word === "HostName").length, field.startsWith("jump") ? 2 : 1);
        }
        rmSync(folder, { recursive: true });
      }),
    );
  });
});
