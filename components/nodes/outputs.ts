import { word } from "../../lib/shell.ts";
import { asRoot, sshArguments } from "../../lib/ssh.ts";
import type { Node } from "../lib/node.ts";

/** Most words need no quotes, and people read them. */
const shellWord = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : word(text));

/** A node as the stack's output `nodes` has it, for people and for commands that reach it. */
export function nodeOutput({ name, hostname, role, address, ssh }: Node) {
  return {
    name,
    hostname,
    role,
    address,
    ssh: ["ssh", ...sshArguments(ssh)].map(shellWord).join(" "),
    /** Begins a command line that root must run. */
    sudo: asRoot(ssh, ""),
  };
}
