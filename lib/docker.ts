import type { Exec } from "./exec.ts";
import { word } from "./shell.ts";
import { type SshEndpoint, sshArguments } from "./ssh.ts";

/** Runs `docker` with these arguments and gives what it prints. */
export type DockerCli = (...args: string[]) => Promise<string>;

/** The engine of this machine. */
export function localDocker(engineHost: string, exec: Exec): DockerCli {
  return (...args) => exec("docker", ["--host", engineHost, ...args]);
}

/** The engine of a node. */
export function remoteDocker(ssh: SshEndpoint, exec: Exec): DockerCli {
  return (...args) => exec("ssh", [...sshArguments(ssh), ["docker", ...args].map(word).join(" ")]);
}
