import type * as pulumi from "@pulumi/pulumi";

/** How a node is reached: what the Command provider, the Docker provider and the system's `ssh` need to know. */
export interface SshEndpoint {
  host: string;
  port: number;
  user: string;
  /** File of the private key, for the system's `ssh`. */
  keyFile: string;
  /** The same key's content, a secret. */
  privateKey: pulumi.Output<string>;
  /** The only host key that is accepted, as in an authorized_keys line: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** File with the host key under the name {@link hostKeyAlias}, for the system's `ssh`. */
  knownHostsFile: string;
  hostKeyAlias: string;
}

/** Options of the system's `ssh`: this key, this host key, no questions, and nothing of the user's own config. */
export function sshOptions(ssh: SshEndpoint): string[] {
  const options = {
    IdentitiesOnly: "yes",
    BatchMode: "yes",
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: ssh.knownHostsFile,
    HostKeyAlias: ssh.hostKeyAlias,
    ConnectTimeout: "10",
    LogLevel: "ERROR",
  };
  return [
    "-F",
    "none",
    "-i",
    ssh.keyFile,
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
  ];
}

/** Arguments of the system's `ssh` up to and with the destination; a command may follow. */
export function sshArguments(ssh: SshEndpoint): string[] {
  return [...sshOptions(ssh), "-p", String(ssh.port), `${ssh.user}@${ssh.host}`];
}
