/**
 * Adds a message to every `assert.ok`.
 *
 * Without one, Node 20 and 22 parse the source file around the failed call to write one. They take line and column from the
 * code that tsx compiled, which is a single line, and may never find the call: a failing test would hang.
 */
import assert from "node:assert/strict";

const { ok } = assert;
assert.ok = (value: unknown, message: string | Error = `expected a true value, got ${String(value)}`) =>
  ok(value, message);
