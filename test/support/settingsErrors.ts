import assert from "node:assert/strict";
import { SwarmbenchError } from "../../contract/errors.ts";

/** The lines of an error about a stack's configuration, without the bullets. */
export function settingsErrors(error: unknown): string[] {
  assert.ok(error instanceof SwarmbenchError, String(error));
  assert.equal(error.code, "settings-invalid");
  const [, ...lines] = error.message.split("\n  - ");
  return lines;
}

/** The errors in a configuration, which parsing must reject. */
export function settingsErrorsOf(parse: () => unknown): string[] {
  try {
    parse();
  } catch (error) {
    return settingsErrors(error);
  }
  return assert.fail("the configuration has no error");
}
