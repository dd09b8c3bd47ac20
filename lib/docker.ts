import type { Exec } from "./exec.ts";
import { word } from "./shell.ts";
import { type SshEndpoint, sshArguments } from "./ssh.ts";

/** Runs `docker` with these arguments and returns its standard output. */
export type DockerCli = (...args: string[]) => Promise<string>;

/** Runs `docker` on this machine's engine. */
export function localDocker(engineHost: string, exec: Exec): DockerCli {
  return (...args) => exec("docker", ["--host", engineHost, ...args]);
}

/** Runs `docker` on a node, over SSH. */
export function remoteDocker(ssh: SshEndpoint, exec: Exec): DockerCli {
  return (...args) => exec("ssh", [...sshArguments(ssh), ["docker", ...args].map(word).join(" ")]);
}
