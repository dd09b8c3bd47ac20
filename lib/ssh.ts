import { word } from "./shell.ts";

/** How a node is reached, by the system's `ssh`: whatever it can do (jump hosts, agents, host certificates) works. */
export interface SshEndpoint {
  /** Its name or address, or what the configuration file knows it by. */
  host: string;
  /** Where absent, the configuration file says it. */
  port?: number;
  user?: string;
  /** Keys and host keys; in a file of its own, so that nothing of the user's applies that was not asked for. */
  configFile: string;
  /** Whether root's work is done through `sudo`, which must not ask for a password. */
  sudo: boolean;
}

/**
 * Options of the system's `ssh`: the endpoint's own config, no questions, and no connection that is shared: one from before knows
 * nothing of the group that its user was put into since.
 */
export function sshOptions({ configFile }: Pick<SshEndpoint, "configFile">): string[] {
  const options = ["BatchMode=yes", "ConnectTimeout=10", "ControlPath=none"];
  return ["-F", configFile, ...options.flatMap((option) => ["-o", option])];
}

/** Arguments of the system's `ssh` up to and with the destination; a command may follow. */
export function sshArguments(ssh: SshEndpoint): string[] {
  const { host, port, user } = ssh;
  return [
    ...sshOptions(ssh),
    ...(port ? ["-p", String(port)] : []),
    user === undefined ? host : `${user}@${host}`,
  ];
}

/** The address by which Docker's own command reaches the engine there. */
export function dockerHost({ host, port, user }: SshEndpoint): string {
  return `ssh://${user === undefined ? "" : `${user}@`}${host}${port ? `:${port}` : ""}`;
}

/** A command line of the node, as root. */
export function asRoot({ sudo }: Pick<SshEndpoint, "sudo">, command: string): string {
  return sudo ? `sudo -n ${command}` : command;
}

/** A shell's words that run a command line on the node as root. */
export function sshWords(ssh: SshEndpoint, command: string): string {
  return ["ssh", ...sshArguments(ssh), asRoot(ssh, command)].map(word).join(" ");
}
