import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";

/** Name of the file with the id, in the folder of the installation. */
export const CHECKOUT_ID_FILE = "checkout-id";

/**
 * The random id of a checkout, which setup makes: two machines or containers that share a Docker engine may have checkouts in
 * folders of the same name.
 *
 * @param installation the folder of the installation, `.swarmbench` by default
 * @returns undefined if the checkout was set up by a version without ids, and keeps its labels
 */
export function checkoutId(installation: string): string | undefined {
  const file = path.join(installation, CHECKOUT_ID_FILE);
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return /^[0-9a-f]{16}$/.test(text) ? text : undefined;
}

/** The text that identifies a checkout in labels and hashes: its folder and, after `#`, its id. */
export function ownerText(folder: string, id: string | undefined): string {
  return id === undefined ? folder : `${folder}#${id}`;
}

/** Folder and id of an {@link ownerText}. */
export function parseOwner(text: string): { folder: string; id: string | undefined } {
  const [, folder = text, id] = /^(.*)#([0-9a-f]{16})$/s.exec(text) ?? [];
  return { folder, id };
}
