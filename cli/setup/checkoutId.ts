import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CHECKOUT_ID_FILE, checkoutId } from "../../lib/checkoutId.ts";
import { cache, home, project, stateDirectory } from "../lib/paths.ts";
import { makeWhole } from "./partial.ts";

/** Folder with one file for each checkout that was set up on this machine, named by its id. */
export const knownCheckouts = path.join(cache, "checkouts");

interface Folders {
  home: string;
  state: string;
  known: string;
}

/**
 * Makes the id of this checkout unless it has one. A checkout that has stacks already gets none: the labels of what it created
 * have only its folder's name, and would no longer match.
 */
export async function ensureCheckoutId(
  folders: Folders = { home, state: stateDirectory, known: knownCheckouts },
): Promise<void> {
  let id = checkoutId(folders.home);
  if (id === undefined) {
    if (hasStacks(folders.state)) return;
    id = randomBytes(8).toString("hex");
    const text = `${id}\n`;
    await makeWhole(path.join(folders.home, CHECKOUT_ID_FILE), (partial) => writeFileSync(partial, text));
  }
  mkdirSync(folders.known, { recursive: true });
  writeFileSync(path.join(folders.known, id), `${project}\n`);
}

function hasStacks(state: string): boolean {
  const stacks = path.join(state, ".pulumi/stacks");
  return (
    existsSync(stacks) &&
    readdirSync(stacks, { recursive: true }).some((name) => String(name).endsWith(".json"))
  );
}
