import { word } from "./shell.ts";

/** How the system's `ssh` reaches a node; all of its features, such as jump hosts, agents and host certificates, work. */
export interface SshEndpoint {
  /** Its name, its address, or its alias in the configuration file. */
  host: string;
  /** @default the port in the configuration file */
  port?: number;
  user?: string;
  /** Configuration with keys and host keys. It is a separate file, so that the user's own settings do not apply. */
  configFile: string;
  /** Whether commands as root use `sudo`, which must not ask for a password. */
  sudo: boolean;
}

/**
 * Options of the system's `ssh`: the endpoint's own configuration, no prompts, and no shared connection, because in an older
 * connection the user does not have the groups that were added since.
 */
export function sshOptions({ configFile }: Pick<SshEndpoint, "configFile">): string[] {
  const options = ["BatchMode=yes", "ConnectTimeout=10", "ControlPath=none"];
  return ["-F", configFile, ...options.flatMap((option) => ["-o", option])];
}

/** Arguments of the system's `ssh`, including the destination; a command may follow. */
export function sshArguments(ssh: SshEndpoint): string[] {
  const { host, port, user } = ssh;
  return [
    ...sshOptions(ssh),
    ...(port ? ["-p", String(port)] : []),
    user === undefined ? host : `${user}@${host}`,
  ];
}

/** The value of DOCKER_HOST with which `docker` reaches the node's engine. */
export function dockerHost({ host, port, user }: SshEndpoint): string {
  return `ssh://${user === undefined ? "" : `${user}@`}${host}${port ? `:${port}` : ""}`;
}

/** A command line that runs as root on the node. */
export function asRoot({ sudo }: Pick<SshEndpoint, "sudo">, command: string): string {
  return sudo ? `sudo -n ${command}` : command;
}

/** A shell command line that runs another one as root on the node. */
export function sshWords(ssh: SshEndpoint, command: string): string {
  return ["ssh", ...sshArguments(ssh), asRoot(ssh, command)].map(word).join(" ");
}
