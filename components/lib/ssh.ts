import type * as pulumi from "@pulumi/pulumi";

/** How a node is reached: what the Command provider, the Docker provider and the system's `ssh` need to know. */
export interface SshEndpoint {
  host: string;
  port: number;
  user: string;
  /** For the Command provider; a secret. */
  privateKey: pulumi.Output<string>;
  /** The only host key that is accepted, as in an authorized_keys line: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** For the system's `ssh`: the same key and host key, in a file of its own, so that nothing of the user's applies. */
  configFile: string;
}

/** Options of the system's `ssh`: the endpoint's own config, and no questions. */
export function sshOptions({ configFile }: Pick<SshEndpoint, "configFile">): string[] {
  return ["-F", configFile, "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"];
}

/** Arguments of the system's `ssh` up to and with the destination; a command may follow. */
export function sshArguments(ssh: Omit<SshEndpoint, "privateKey" | "hostKey">): string[] {
  return [...sshOptions(ssh), "-p", String(ssh.port), `${ssh.user}@${ssh.host}`];
}
