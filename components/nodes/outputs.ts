import { word } from "../../lib/shell.ts";
import { asRoot, sshArguments } from "../../lib/ssh.ts";
import type { Node } from "../lib/node.ts";

/** Quotes a shell word only if necessary, because people read the output. */
const shellWord = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : word(text));

/** A node in the stack output `nodes`, for people and for commands that connect to it. */
export function nodeOutput({ name, hostname, role, address, ssh, container }: Node) {
  return {
    name,
    hostname,
    role,
    address,
    ssh: ["ssh", ...sshArguments(ssh)].map(shellWord).join(" "),
    /** Prefix of command lines that must run as root: `sudo -n ` or empty. */
    sudo: asRoot(ssh, ""),
    /** Name of its container on this machine; only local nodes have one. */
    container,
  };
}
