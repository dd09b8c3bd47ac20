import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { OarSettings } from "../../config/testbed/oar.ts";
import { ask } from "../../lib/exec.ts";
import { expandHome } from "../../lib/home.ts";
import type { OarClient } from "./client.ts";
import { oarError } from "./errors.ts";
import { frontendSsh, HOST_KEY_ALIAS } from "./frontendSsh.ts";
import { restClient } from "./restClient.ts";
import { sshClient } from "./sshClient.ts";

/**
 * Opens the OAR client that the settings ask for.
 *
 * @param directory the folder of this program, where a pinned host key is stored for ssh
 * @throws SwarmbenchError if the password file cannot be read
 */
export function openClient(settings: OarSettings, directory: string): OarClient {
  if (settings.api === "ssh") return sshClient(settings, frontendArguments(settings, directory), ask);
  return restClient(settings, {
    fetch,
    now: () => Math.floor(Date.now() / 1000),
    password: readPassword(settings.rest?.passwordFile),
  });
}

/** Arguments of ssh up to and including the frontend. */
export function frontendArguments(settings: OarSettings, directory: string): string[] {
  const { key, knownHosts, sshConfig, hostKey } = settings;
  const pinned = hostKey === undefined ? undefined : pinHostKey(hostKey, directory);
  const files = {
    key: key && expandHome(key),
    knownHosts: knownHosts && expandHome(knownHosts),
    sshConfig: sshConfig && expandHome(sshConfig),
  };
  return frontendSsh({ ...settings, ...files }, pinned);
}

function pinHostKey(hostKey: string, directory: string): string {
  const folder = path.join(directory, "ssh");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const line = `${HOST_KEY_ALIAS} ${hostKey}\n`;
  const file = path.join(folder, `frontend-${createHash("sha256").update(line).digest("hex").slice(0, 12)}`);
  writeFileSync(file, line, { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}

function readPassword(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(expandHome(file), "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw oarError("oar-unauthorised", `testbed.rest.passwordFile: ${(cause as Error).message}`, cause);
  }
}
