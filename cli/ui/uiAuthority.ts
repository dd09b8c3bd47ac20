// The certificate authorities of web UIs that serve HTTPS, as files for browsers and other clients.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { home } from "../lib/paths.ts";
import { shownPath } from "../lib/userPaths.ts";
import type { Ui } from "./uiPlan.ts";

/** The parent of the files that {@link writeAuthority} writes. */
const FOLDER = path.join(home, "authorities");

/**
 * Writes the certificate of the authority that signed a UI's own. It is not a secret.
 *
 * @returns the file's path; undefined if the UI serves HTTP
 */
export function writeAuthority(
  { service, ca }: Pick<Ui, "service" | "ca">,
  scenario: string,
  folder = FOLDER,
): string | undefined {
  if (ca === undefined) return undefined;
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${scenario}-${service}.pem`.replace(/[^0-9A-Za-z._-]/g, "-"));
  writeFileSync(file, ca.endsWith("\n") ? ca : `${ca}\n`);
  return file;
}

/** Says how to verify a UI's certificate. @param file of {@link writeAuthority} @param url of the UI, if a tunnel is open */
export function authorityNote({ name }: Pick<Ui, "name">, file: string, url?: string): string {
  const command = url === undefined ? "" : `: curl --cacert ${shownPath(file)} ${url}`;
  return (
    `${name} uses HTTPS with a certificate of this stack's own authority, so a browser warns about it.\n` +
    `To verify it, import ${shownPath(file)} as an authority, or pass it to a client${command}`
  );
}
