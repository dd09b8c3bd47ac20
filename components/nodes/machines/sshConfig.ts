import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { askSync } from "../../../lib/exec.ts";
import { expandHome } from "../../../lib/home.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import type { Host } from "./host.ts";
import { checkSshValues } from "./sshAlphabets.ts";

/** A file of the user's, from wherever it is used. */
export function withHome(file: string): string {
  return path.resolve(expandHome(file));
}

/**
 * Writes down how a stack's machines are reached, a file for each, and gives the way to each. The files stay, those of machines
 * that are none of its nodes any more as well: the commands of `destroy` use them.
 *
 * @param directory where they go, a folder of ours
 * @throws SwarmbenchError `unsafe-value`, with nothing written, for a value that may not be in an ssh configuration
 */
export function writeSshConfig(directory: string, hosts: readonly Host[]): Map<string, SshEndpoint> {
  hosts.forEach(checkSshValues);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [name, text] of hosts.flatMap((host) => Object.entries(sshFiles(directory, host)))) {
    const file = path.join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600); // it may have been there
  }
  return new Map(hosts.map((host) => [host.node.name, endpointOf(directory, host)]));
}

export function endpointOf(directory: string, { node, address, way }: Host): SshEndpoint {
  const sudo = way.user !== "root"; // for a file's see below
  if (way.by === "file") {
    const configFile = withHome(way.file);
    const { port, user } = way;
    const ssh = { host: address, configFile, port: port || undefined, user: user || undefined };
    return { ...ssh, sudo: (user ?? userIn(configFile, address)) !== "root" };
  }
  return { host: node.name, configFile: path.join(directory, configName(address, way)), sudo };
}

/** Of the machine, not of the node: what a node was before is still reached when its place is taken. */
function configName(address: string, { port }: OurWay): string {
  return `${address.replaceAll(":", "_")}-${port}.config`;
}

/** Whose login a configuration of the user's own names. */
function userIn(file: string, host: string): string | undefined {
  // If ssh rejects the file, its error is reported when the file is used.
  return /^user (.*)$/m.exec(askSync("ssh", ["-G", "-F", file, host]) ?? "")?.[1];
}

/** A node's files, by name. */
function sshFiles(directory: string, { node, address, way }: Host): Record<string, string> {
  if (way.by === "file") return {};
  const { jump, hostKeys, proxyCommand } = way;
  const pins = configName(address, way).replace(/config$/, "hosts");
  const text = [
    ...(jump ? [jumpBlock(directory, jump, way)] : []),
    block(node.name, [
      ...[`HostName ${address}`, `Port ${way.port}`, `User ${way.user}`],
      ...keys(way),
      ...(hostKeys ? pinned(path.join(directory, pins), node.name) : knownHosts(directory, way)),
      ...(jump ? [`ProxyJump ${JUMP}`] : []),
      ...(proxyCommand ? [`ProxyCommand ${proxyCommand}`] : []),
    ]),
    block("*", ["BatchMode yes", "LogLevel ERROR", "ServerAliveInterval 15", "ServerAliveCountMax 4"]),
  ].join("\n");
  const files = { [configName(address, way)]: text };
  if (hostKeys) files[pins] = hostKeys.map((key) => `${alias(node.name)} ${key}\n`).join("");
  return files;
}

function jumpBlock(directory: string, jump: string, way: OurWay): string {
  const [, user = "", host = "", port = "22"] = /^([^@]+)@([^:]+)(?::(\d+))?$/.exec(jump) ?? [];
  const lines = [`HostName ${host}`, `Port ${port}`, `User ${user}`];
  return block(JUMP, [...lines, ...keys(way), ...knownHosts(directory, way)]);
}

const JUMP = "jump";
const block = (name: string, lines: string[]) =>
  [`Host ${name}`, ...lines.map((line) => `  ${line}`), ""].join("\n");
const alias = (node: string) => `swarmbench-${node}`;
/** ssh takes quotes, and expands percent signs. */
const quoted = (file: string) => `"${file.replaceAll("%", "%%")}"`;

type OurWay = Extract<Host["way"], { by: "ours" }>;

function keys({ key }: OurWay): string[] {
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

function knownHosts(directory: string, { knownHosts: file, acceptNewHostKeys }: OurWay): string[] {
  const theirs = quoted(withHome(file ?? "~/.ssh/known_hosts"));
  if (!acceptNewHostKeys) return [`UserKnownHostsFile ${theirs}`, "StrictHostKeyChecking yes"];
  // New ones go to the first.
  const ours = quoted(path.join(directory, "known_hosts"));
  return [`UserKnownHostsFile ${ours} ${theirs}`, "StrictHostKeyChecking accept-new", "HashKnownHosts no"];
}
