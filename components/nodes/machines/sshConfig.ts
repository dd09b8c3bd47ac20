import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { askSync } from "../../../lib/exec.ts";
import { expandHome } from "../../../lib/home.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import type { Host } from "./host.ts";
import { checkSshValues } from "./sshAlphabets.ts";

/** The absolute path of a user's file. Expands `~`. */
export function withHome(file: string): string {
  return path.resolve(expandHome(file));
}

/**
 * Writes an ssh configuration file for each machine, and returns the SSH endpoints by node name. Files of machines that are no
 * longer nodes are kept, because the commands of `destroy` use them.
 *
 * @param directory the stack's folder for ssh files
 * @throws SwarmbenchError `unsafe-value`, with nothing written, for a value that may not be in an ssh configuration
 */
export function writeSshConfig(directory: string, hosts: readonly Host[]): Map<string, SshEndpoint> {
  hosts.forEach(checkSshValues);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [name, text] of hosts.flatMap((host) => Object.entries(sshFiles(directory, host)))) {
    const file = path.join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600); // the mode option does not apply to an existing file
  }
  return new Map(hosts.map((host) => [host.node.name, endpointOf(directory, host)]));
}

/** The SSH endpoint of a machine, which uses the files of {@link writeSshConfig}. */
export function endpointOf(directory: string, { node, address, access }: Host): SshEndpoint {
  const sudo = access.user !== "root";
  if (access.by === "file") {
    const configFile = withHome(access.file);
    const { port, user } = access;
    const ssh = { host: address, configFile, port: port || undefined, user: user || undefined };
    return { ...ssh, sudo: (user ?? userIn(configFile, address)) !== "root" };
  }
  return { host: node.name, configFile: path.join(directory, configName(address, access)), sudo };
}

/** Named after the machine, not the node: the previous machine of a node stays reachable after the node has moved. */
function configName(address: string, { port }: SettingsAccess): string {
  return `${address.replaceAll(":", "_")}-${port}.config`;
}

/** The user that an ssh configuration file sets for a host. */
function userIn(file: string, host: string): string | undefined {
  // If ssh rejects the file, its error is reported when the file is used.
  return /^user (.*)$/m.exec(askSync("ssh", ["-G", "-F", file, host]) ?? "")?.[1];
}

/** Contents of a machine's ssh files, by file name. */
function sshFiles(directory: string, { node, address, access }: Host): Record<string, string> {
  if (access.by === "file") return {};
  const { jump, hostKeys, proxyCommand } = access;
  const pins = configName(address, access).replace(/config$/, "hosts");
  const lines = [
    `HostName ${address}`,
    `Port ${access.port}`,
    `User ${access.user}`,
    ...keys(access),
    ...(hostKeys ? pinned(path.join(directory, pins), node.name) : knownHosts(directory, access)),
  ];
  if (jump) lines.push(`ProxyJump ${JUMP}`);
  if (proxyCommand) lines.push(`ProxyCommand ${proxyCommand}`);
  const text = [
    ...(jump ? [jumpBlock(directory, jump, access)] : []),
    block(node.name, lines),
    block("*", ["BatchMode yes", "LogLevel ERROR", "ServerAliveInterval 15", "ServerAliveCountMax 4"]),
  ].join("\n");
  const files = { [configName(address, access)]: text };
  if (hostKeys) files[pins] = hostKeys.map((key) => `${alias(node.name)} ${key}\n`).join("");
  return files;
}

function jumpBlock(directory: string, jump: string, access: SettingsAccess): string {
  const [, user = "", host = "", port = "22"] = /^([^@]+)@([^:]+)(?::(\d+))?$/.exec(jump) ?? [];
  const lines = [`HostName ${host}`, `Port ${port}`, `User ${user}`];
  return block(JUMP, [...lines, ...keys(access), ...knownHosts(directory, access)]);
}

const JUMP = "jump";
const block = (name: string, lines: string[]) =>
  [`Host ${name}`, ...lines.map((line) => `  ${line}`), ""].join("\n");
const alias = (node: string) => `swarmbench-${node}`;
/** Quotes a file name for ssh, which expands percent signs. */
const quoted = (file: string) => `"${file.replaceAll("%", "%%")}"`;

type SettingsAccess = Extract<Host["access"], { by: "settings" }>;

function keys({ key }: SettingsAccess): string[] {
  return key ? [`IdentityFile ${quoted(withHome(key))}`, "IdentitiesOnly yes"] : [];
}

function pinned(file: string, node: string): string[] {
  return [
    `HostKeyAlias ${alias(node)}`,
    `UserKnownHostsFile ${quoted(file)}`,
    "GlobalKnownHostsFile /dev/null",
    "StrictHostKeyChecking yes",
  ];
}

function knownHosts(directory: string, { knownHosts: file, acceptNewHostKeys }: SettingsAccess): string[] {
  const usersFile = quoted(withHome(file ?? "~/.ssh/known_hosts"));
  if (!acceptNewHostKeys) return [`UserKnownHostsFile ${usersFile}`, "StrictHostKeyChecking yes"];
  // ssh adds new keys to the first file.
  const ownFile = quoted(path.join(directory, "known_hosts"));
  return [
    `UserKnownHostsFile ${ownFile} ${usersFile}`,
    "StrictHostKeyChecking accept-new",
    "HashKnownHosts no",
  ];
}
