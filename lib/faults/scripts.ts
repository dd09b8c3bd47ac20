// The scripts that cause and undo faults on a node. They need nothing there but a POSIX shell, GNU date and Docker; a broker-cut
// also needs iptables, which Docker itself needs, and nsenter; a broker-link needs nsenter, ip and tc; a disk-full needs prlimit and
// setpriv. A node-kill is executed on the operator's machine.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { FaultOptions } from "../../contract/faults.ts";
import { script, word } from "../shell.ts";

/** Folder of the markers of faults on a node. Each stack has a folder of its own in it; `destroy` removes all of a stack. */
const MARKS = "/var/lib/swarmbench/faults";
/** The label with the stack's prefix (components/lib/ownership.ts). */
const STACK_LABEL = "swarmbench.stack=";
/** A fault that reaches its node later than this after its time is not executed. */
const LATEST_MS = 3_000;

/** A node, and how a shell on this machine reaches it. */
export interface FaultNode {
  /** Its host name, which is its name in the swarm. */
  name: string;
  /** A shell command line that runs its last argument on the node. */
  ssh: string;
  /** Prefix of command lines that must run as root: `sudo -n ` or empty. */
  sudo: string;
  /** The name of its container on the operator's machine; absent: it is a machine of its own. */
  container?: string | undefined;
  /** Folder of the markers of its faults. @default /var/lib/swarmbench/faults */
  marks?: string | undefined;
}

/** One fault of one broker, as its script gets it. */
export interface NodeFault {
  fault: string;
  /** A name that no other fault has: letters, digits, `.`, `_` and `-`. */
  id: string;
  /** Name of the broker's service. */
  service: string;
  /** The services of the brokers that it is cut off from, if its options name them; otherwise empty. */
  peers: readonly string[];
  /** The container that is the broker's node, for a node-kill. */
  container?: string | undefined;
  /** When it is due: ms since 1970, by the node's clock. */
  dueMs: number;
  /** How long it lasts; null: it happens at one moment. */
  durationSec: number | null;
  options: FaultOptions;
}

/** The script that executes a fault and always undoes it (node/fault.sh). @param labels the stack's labels, KEY=VALUE */
export function faultScript(
  { fault, id, service, peers, container = "", dueMs, durationSec, options }: NodeFault,
  labels: readonly string[],
  marks = MARKS,
): string {
  const parameters = {
    ...common(labels, marks),
    FAULT: fault,
    ID: id,
    SERVICE: service,
    DUE_MS: Math.round(dueMs),
    LATEST_MS,
    DURATION_MS: Math.round((durationSec ?? 0) * 1_000),
    CPUS: options.cpus ?? 0,
    MEMORY_MIB: options.memoryMiB ?? 0,
    DIRECTION: options.direction ?? "both",
    FROM: Array.isArray(options.from) ? "peers" : (options.from ?? "all"),
    PEERS: peers.join(" "),
    CONTAINER: container,
    RATE: options.rateMbit === undefined ? "" : `${options.rateMbit}mbit`,
    DELAY: options.delayMs === undefined ? "" : `${options.delayMs}ms`,
    LOSS: options.lossPercent === undefined ? "" : `${options.lossPercent}%`,
  };
  return script(parameters, `${nodeFile("common.sh")}\n${nodeFile("fault.sh")}`);
}

/** The script that says which of some faults a node cannot have (node/check.sh): a line `FAULT WHY` each. */
export function checkScript(faults: readonly string[], labels: readonly string[]): string {
  return script(
    { ...common(labels, MARKS), FAULTS: faults.join(" ") },
    `${nodeFile("common.sh")}\n${nodeFile("check.sh")}`,
  );
}

/** The script that finds faults which were left behind, and undoes them if asked to (node/left.sh). */
export function leftScript(mode: "list" | "undo", labels: readonly string[], marks = MARKS): string {
  const parameters = { ...common(labels, marks), MODE: mode };
  return script(parameters, `${nodeFile("common.sh")}\n${nodeFile("left.sh")}`);
}

/** A shell command line that runs a script as root on a node. The script's standard input is that of the command line. */
export function onNode({ ssh, sudo }: Pick<FaultNode, "ssh" | "sudo">, text: string): string {
  return `exec ${ssh} ${word(`${sudo}sh -c ${word(text)}`)}`;
}

function common(labels: readonly string[], marks: string) {
  const [first, second] = labels;
  if (!first || !second) throw new Error("the stack has no labels");
  return { LABEL0: first, LABEL1: second, MARKS: marksOf(labels, marks) };
}

/**
 * Folder of a stack's markers.
 *
 * @throws Error without its labels: nothing tells its containers from others then
 */
export function marksOf(labels: readonly string[], marks: string): string {
  const stack = labels.find((label) => label.startsWith(STACK_LABEL))?.slice(STACK_LABEL.length);
  if (!stack || /[^\w.-]/.test(stack)) throw new Error("the stack has no labels");
  return `${marks}/${stack}`;
}

function nodeFile(name: string): string {
  return readFileSync(path.join(import.meta.dirname, "node", name), "utf8");
}
