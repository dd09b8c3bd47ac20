// The decisions of `npm run ui`, as functions without side effects.
import { SwarmbenchError } from "../../contract/errors.ts";
import { stackNotUp } from "../lib/stackOutputs.ts";

/** A web UI in the stack's outputs. */
export interface UiOutput {
  name: string;
  /** The swarm service that serves it. */
  service: string;
  /** Its port inside its task. */
  port: number;
  scheme: "http" | "https";
  /** The certificate of the authority that signed the UI's own, PEM; absent: it serves HTTP. */
  ca?: string;
  user: string;
  password: string;
  /** Name of the node on which its task runs. */
  node: string;
  /** Whether it has web pages; if not, it has only an API. @default true */
  pages?: boolean;
}

/** A web UI with the SSH command of its node. */
export interface Ui extends UiOutput {
  /** A shell command line that opens an SSH connection to its node. */
  ssh: string;
}

/** A task's container, and its address for its node. */
export interface Task {
  container: string;
  address: string;
}

/** The stack's outputs that are read here. */
export interface StackOutputs {
  nodes?: { name: string; ssh: string }[];
  uis?: UiOutput[];
}

/** The stack's web UIs. @throws SwarmbenchError `stack-not-up` or `ui-unreachable` if there is none to open */
export function uisOf({ nodes, uis }: StackOutputs, scenario: string): Ui[] {
  if (!nodes || !uis) throw stackNotUp(scenario);
  if (uis.length === 0) {
    throw new SwarmbenchError(
      "ui-unreachable",
      `The stack ${scenario} has no web UI: neither Grafana nor InfluxDB nor Portainer is enabled.`,
      {
        hint: `Enable one: pulumi config set --path grafana.enabled true -s ${scenario} && pulumi up -s ${scenario}`,
      },
    );
  }
  return uis.map((ui) => {
    const ssh = nodes.find(({ name }) => name === ui.node)?.ssh;
    if (ssh) return { ...ui, ssh };
    const message = `${ui.name} runs on ${ui.node}, which is not a node of the stack.`;
    throw new SwarmbenchError("ui-unreachable", message, {
      hint: `Bring the stack up to date: eval "$(npm run -s env)" && pulumi up -s ${scenario}`,
    });
  });
}

/**
 * Command line that prints a node's swarm tasks and the addresses at which the node reaches their containers. Every task has an
 * address on `docker_gwbridge`, which `docker inspect` of the container does not show.
 */
export const LIST_TASKS = [
  "docker ps --no-trunc --filter status=running --filter label=com.docker.swarm.service.name" +
    ` --format 'task {{.ID}} {{.Label "com.docker.swarm.service.name"}}'`,
  "docker network inspect docker_gwbridge" +
    " --format '{{range $id, $container := .Containers}}address {{$id}} {{$container.IPv4Address}}{{println}}{{end}}'",
].join(" && ");

/**
 * The tasks of a node by the name of their service.
 *
 * @param text output of {@link LIST_TASKS}, newest container first
 */
export function tasksIn(text: string): Map<string, Task> {
  const lines = text.split("\n").map((line) => line.trim().split(" "));
  const addresses = new Map<string, string>();
  for (const [kind, id, cidr] of lines) {
    const [address] = cidr?.split("/") ?? [];
    if (kind === "address" && id && address) addresses.set(id, address);
  }
  const tasks = new Map<string, Task>();
  for (const [kind, container, service] of lines) {
    if (kind !== "task" || !container || service === undefined || tasks.has(service)) continue;
    const address = addresses.get(container);
    if (address) tasks.set(service, { container, address });
  }
  return tasks;
}

/** Override the stack's SSH configuration: no prompts, no shared connection, and a dead node is noticed within 15 s. */
const OPTIONS = Object.entries({
  BatchMode: "yes",
  ConnectTimeout: "10",
  ControlPath: "none",
  ServerAliveInterval: "5",
  ServerAliveCountMax: "3",
}).flatMap(([name, value]) => ["-o", `${name}=${value}`]);

/**
 * Arguments of `sh` for a command on a node.
 *
 * @param ssh command line that opens an SSH connection to the node
 * @param options further options of ssh
 */
export function sshArguments(ssh: string, options: readonly string[], command: string): string[] {
  return ["-c", `exec ${ssh} "$@"`, "ssh", ...OPTIONS, ...options, command];
}

/**
 * Arguments of `sh` for a tunnel from a loopback port to a task. The tunnel ends when its standard input is closed, so it ends
 * with this process, even if this process is killed.
 */
export function tunnelArguments(ssh: string, localPort: number, address: string, port: number): string[] {
  const forward = `127.0.0.1:${localPort}:${address}:${port}`;
  return sshArguments(ssh, ["-T", "-o", "ExitOnForwardFailure=yes", "-L", forward], "cat");
}

/** How many ports are tried, starting with the UI's own port. */
const PORTS_TRIED = 100;

/** A loopback port for each UI, in their order: its own port, or the next free one. @throws SwarmbenchError `no-free-port` */
export async function choosePorts(
  uis: readonly Pick<Ui, "name" | "port">[],
  isFree: (port: number) => Promise<boolean>,
): Promise<number[]> {
  const chosen: number[] = [];
  for (const { name, port } of uis) chosen.push(await freePort(name, port, chosen, isFree));
  return chosen;
}

async function freePort(
  name: string,
  first: number,
  taken: readonly number[],
  isFree: (port: number) => Promise<boolean>,
): Promise<number> {
  const last = Math.min(first + PORTS_TRIED, 65_536) - 1;
  for (let port = first; port <= last; port += 1) {
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  throw new SwarmbenchError(
    "no-free-port",
    `No port for ${name}: all ports of 127.0.0.1 from ${first} to ${last} are in use.`,
    { hint: "See what uses them: ss -ltnp" },
  );
}

/** A table as text, with columns as wide as their widest cell; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
