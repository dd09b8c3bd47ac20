import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { home, passphraseFile, stateDirectory } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { makeWhole } from "./partial.ts";

/** Name of the nodes' host key in known_hosts, which does not depend on their addresses. */
const HOST_KEY_ALIAS = "swarmbench-node";

/**
 * Makes the keys of this installation unless they exist: the user's key pair, a host key for local nodes, and the passphrase of
 * Pulumi's secrets. If they are lost, the state that is encrypted with them cannot be read.
 */
export async function ensureKeys(): Promise<void> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  chmodSync(home, 0o700);
  mkdirSync(stateDirectory, { recursive: true });
  if (!existsSync(passphraseFile)) {
    const passphrase = `${randomBytes(32).toString("base64url")}\n`;
    await makeWhole(passphraseFile, (partial) => writeFileSync(partial, passphrase, { mode: 0o600 }));
  }
  const ssh = path.join(home, "ssh");
  const node = path.join(ssh, "node");
  mkdirSync(node, { recursive: true, mode: 0o700 });
  const hostKeyFile = path.join(node, "ssh_host_ed25519_key");
  await Promise.all([
    ensureKey(path.join(ssh, "id_ed25519"), "swarmbench"),
    ensureKey(hostKeyFile, HOST_KEY_ALIAS),
  ]);
  copyFileSync(path.join(ssh, "id_ed25519.pub"), path.join(node, "authorized_keys"));
  const hostKey = readFileSync(`${hostKeyFile}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(path.join(ssh, "known_hosts"), `${HOST_KEY_ALIAS} ${hostKey}\n`);
  writeFileSync(path.join(ssh, "config"), sshConfig(ssh));
}

/** A configuration for `ssh -F`: this installation's key and host key only, and nothing from the user's own files. */
export function sshConfig(keys: string): string {
  const directory = keys.replaceAll("%", "%%"); // ssh expands percent signs
  return `Host *
  User root
  IdentityFile "${directory}/id_ed25519"
  IdentitiesOnly yes
  UserKnownHostsFile "${directory}/known_hosts"
  HostKeyAlias ${HOST_KEY_ALIAS}
  StrictHostKeyChecking yes
  LogLevel ERROR
`;
}

async function ensureKey(file: string, comment: string): Promise<void> {
  if (existsSync(file)) return;
  await makeWhole(file, async (partial) => {
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", partial]);
    renameSync(`${partial}.pub`, `${file}.pub`); // before the key, whose existence means that both exist
  });
}
