import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { OarSettings } from "../../config/testbed/oar.ts";
import { ask } from "../../lib/exec.ts";
import { expandHome } from "../../lib/home.ts";
import type { Door } from "./door.ts";
import { OarError } from "./errors.ts";
import { restDoor } from "./restDoor.ts";
import { frontendSsh, HOST_KEY_ALIAS, sshDoor } from "./sshDoor.ts";

/**
 * The way to OAR that the settings ask for.
 *
 * @param directory a folder of ours, in which a pinned host key is written down for ssh
 */
export function openDoor(settings: OarSettings, directory: string): Door {
  const reached = withHome(settings);
  if (settings.api === "ssh") return sshDoor(reached, sshTo(reached, directory), ask);
  return restDoor(reached, {
    fetch,
    now: () => Math.floor(Date.now() / 1000),
    password: readPassword(reached.rest?.passwordFile),
  });
}

/** Arguments of ssh up to and with the frontend. */
export function frontendWay(settings: OarSettings, directory: string): string[] {
  return sshTo(withHome(settings), directory);
}

function sshTo(settings: OarSettings, directory: string): string[] {
  if (settings.hostKey === undefined) return frontendSsh(settings);
  const folder = path.join(directory, "ssh");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const line = `${HOST_KEY_ALIAS} ${settings.hostKey}\n`;
  const file = path.join(folder, `frontend-${createHash("sha256").update(line).digest("hex").slice(0, 12)}`);
  writeFileSync(file, line, { mode: 0o600 });
  chmodSync(file, 0o600);
  return frontendSsh(settings, file);
}

function withHome(settings: OarSettings): OarSettings {
  const home = <T extends string | undefined>(file: T) => (file && expandHome(file)) as T;
  const { key, knownHosts, sshConfig, rest } = settings;
  return {
    ...settings,
    ...(key === undefined ? {} : { key: home(key) }),
    ...(knownHosts === undefined ? {} : { knownHosts: home(knownHosts) }),
    ...(sshConfig === undefined ? {} : { sshConfig: home(sshConfig) }),
    ...(rest === undefined ? {} : { rest: { ...rest, passwordFile: home(rest.passwordFile) } }),
  } as OarSettings;
}

function readPassword(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new OarError("unauthorised", `testbed.rest.passwordFile: ${(cause as Error).message}`, { cause });
  }
}
