import type { OarSettings } from "../../config/testbed/oar.ts";
import { word } from "../../lib/shell.ts";

type Access = Pick<
  OarSettings,
  "frontend" | "user" | "port" | "jump" | "key" | "knownHosts" | "acceptAnyHostKey" | "sshConfig"
>;

/**
 * Arguments of the system's `ssh` up to and including the frontend. The jump host is a ProxyCommand, because `-J` would not
 * pass on the key and the known hosts.
 *
 * @param pinned a file with the frontend's only valid host key, under the name {@link HOST_KEY_ALIAS}
 */
export function frontendSsh(settings: Access, pinned?: string): string[] {
  const { frontend, user, port, jump, sshConfig } = settings;
  const quiet = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "LogLevel=ERROR"];
  const alive = ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"];
  const to = ["-p", String(port), `${user}@${frontend}`];
  if (sshConfig) return ["-F", sshConfig, ...quiet, ...alive, ...to];
  const own = ["-F", "/dev/null", ...quiet, ...(settings.key ? ["-i", settings.key, ...ONLY_KEY] : [])];
  const proxy = jump ? ["-o", `ProxyCommand=${throughJump(jump, [...own, ...hostKeys(settings)])}`] : [];
  return [...own, ...hostKeys(settings, pinned), ...alive, ...proxy, ...to];
}

const ONLY_KEY = ["-o", "IdentitiesOnly=yes"];
/** The name of the frontend in the file of its pinned host key. */
export const HOST_KEY_ALIAS = "swarmbench-frontend";

function hostKeys({ acceptAnyHostKey, knownHosts }: Access, pinned?: string): string[] {
  if (pinned) return strictly(pinned, "-o", `HostKeyAlias=${HOST_KEY_ALIAS}`);
  if (acceptAnyHostKey) return ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
  return knownHosts ? strictly(knownHosts) : ["-o", "StrictHostKeyChecking=yes"];
}

/** ssh interprets quotes and percent signs in the value of an option. */
const strictly = (file: string, ...more: string[]) => [
  ...["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile="${file.replaceAll("%", "%%")}"`],
  ...["-o", "GlobalKnownHostsFile=/dev/null", ...more],
];

function throughJump(jump: string, options: readonly string[]): string {
  const [destination = "", port] = jump.split(":");
  return throughFrontend([...options, ...(port ? ["-p", port] : []), destination]);
}

/** The ProxyCommand that connects through a machine. @param ssh arguments of ssh up to and including that machine */
export function throughFrontend(ssh: readonly string[]): string {
  const words = ["ssh", ...ssh.slice(0, -1), "-W", "%h:%p", ...ssh.slice(-1)];
  // ssh must expand %h and %p and no other percent sign.
  return words.map((each) => (each === "%h:%p" ? "[%h]:%p" : word(each.replaceAll("%", "%%")))).join(" ");
}
