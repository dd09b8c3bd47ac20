import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { checkoutId, ownerText, parseOwner } from "../../lib/checkoutId.ts";
import { ensureCheckoutId } from "./checkoutId.ts";

let folder: string;
const at = (name: string) => path.join(folder, name);
const ensure = (name: string) =>
  ensureCheckoutId({ home: at(name), state: at(`${name}/state`), known: at("known") });
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  for (const name of ["one", "two"]) mkdirSync(at(name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the id of a checkout", () => {
  it("is random, is kept, and is known on this machine", async () => {
    await ensure("one");
    const id = checkoutId(at("one"));
    assert.match(id ?? "", /^[0-9a-f]{16}$/);
    await ensure("one");
    assert.equal(checkoutId(at("one")), id);
    await ensure("two");
    assert.notEqual(checkoutId(at("two")), id);
    assert.deepEqual(readdirSync(at("known")).sort(), [id, checkoutId(at("two"))].sort());
  });

  it("is not given to a checkout that has stacks, whose labels would no longer match", async () => {
    mkdirSync(at("one/state/.pulumi/stacks/swarmbench"), { recursive: true });
    writeFileSync(at("one/state/.pulumi/stacks/swarmbench/local.json"), "{}");
    await ensure("one");
    assert.equal(checkoutId(at("one")), undefined);
    assert.equal(existsSync(at("known")), false);
  });

  it("follows the folder in labels and hashes", () => {
    const id = "0123456789abcdef";
    assert.equal(ownerText("/home/ann/a#b", id), `/home/ann/a#b#${id}`);
    assert.deepEqual(parseOwner(`/home/ann/a#b#${id}`), { folder: "/home/ann/a#b", id });
    assert.equal(ownerText("/home/ann/a#b", undefined), "/home/ann/a#b");
    assert.deepEqual(parseOwner("/home/ann/a#b"), { folder: "/home/ann/a#b", id: undefined });
  });
});
