// What `npm run ui` decides: plain functions on plain data.
import { SwarmbenchError } from "../../contract/errors.ts";
import { stackNotUp } from "../lib/stackOutputs.ts";

/** A web interface of the stack, as its outputs have it. */
export interface UiOutput {
  name: string;
  /** The swarm service that serves it. */
  service: string;
  /** Inside its task. */
  port: number;
  scheme: "http" | "https";
  user: string;
  password: string;
  /** Name of the node that its task runs on. */
  node: string;
  /** Whether it has pages for a browser; else only an API. */
  pages?: boolean;
}

export interface Ui extends UiOutput {
  /** A shell command line that leads to its node. */
  ssh: string;
}

/** Where a task can be reached from its node. */
export interface Task {
  container: string;
  address: string;
}

/** The stack's outputs, as far as they are read here. */
export interface StackOutputs {
  nodes?: { name: string; ssh: string }[];
  uis?: UiOutput[];
}

/** The stack's UIs, with the way to their nodes. @throws SwarmbenchError where there is nothing to open */
export function uisOf({ nodes, uis }: StackOutputs, scenario: string): Ui[] {
  if (!nodes || !uis) throw stackNotUp(scenario);
  if (uis.length === 0) {
    throw new SwarmbenchError(
      "ui-unreachable",
      `The stack ${scenario} has no UI: neither Grafana nor InfluxDB nor Portainer is enabled.`,
      {
        hint: `Switch one on, such as: pulumi config set --path grafana.enabled true -s ${scenario} && pulumi up -s ${scenario}`,
      },
    );
  }
  return uis.map((ui) => {
    const ssh = nodes.find(({ name }) => name === ui.node)?.ssh;
    if (ssh) return { ...ui, ssh };
    const message = `${ui.name} runs on ${ui.node}, which the stack does not have.`;
    throw new SwarmbenchError("ui-unreachable", message, {
      hint: `Bring the stack up to date: eval "$(npm run -s env)" && pulumi up -s ${scenario}`,
    });
  });
}

/**
 * Prints, on a node, its swarm tasks and the addresses at which the node itself reaches containers. A task has one on
 * `docker_gwbridge` whatever overlay networks it is on; `docker inspect` of the container does not tell it.
 */
export const LOOK = [
  "docker ps --no-trunc --filter status=running --filter label=com.docker.swarm.service.name" +
    ` --format 'task {{.ID}} {{.Label "com.docker.swarm.service.name"}}'`,
  "docker network inspect docker_gwbridge" +
    " --format '{{range $id, $of := .Containers}}address {{$id}} {{$of.IPv4Address}}{{println}}{{end}}'",
].join(" && ");

/**
 * The tasks of a node by service.
 *
 * @param text what {@link LOOK} printed, the newest container first
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

/** Whatever the stack's SSH configuration says: no questions, no shared connection, and a dead node is noticed. */
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
 * @param ssh what leads to the node: itself a shell command line
 * @param options more of ssh's
 */
export function sshArguments(ssh: string, options: readonly string[], command: string): string[] {
  return ["-c", `exec ${ssh} "$@"`, "ssh", ...OPTIONS, ...options, command];
}

/**
 * Arguments of `sh` for a tunnel from a loopback port to a task. It lives as long as its standard input is open: so it
 * ends with us, however we end.
 */
export function tunnelArguments(ssh: string, localPort: number, address: string, port: number): string[] {
  const forward = `127.0.0.1:${localPort}:${address}:${port}`;
  return sshArguments(ssh, ["-T", "-o", "ExitOnForwardFailure=yes", "-L", forward], "cat");
}

/** How far from a UI's own port another one is looked for. */
const PORTS_TRIED = 100;

/** A loopback port for each UI, in their order: its own, else the next one that is free. */
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
    `No port for ${name}: every one from ${first} to ${last} of 127.0.0.1 is taken.`,
    { hint: "See what takes them: ss -ltnp" },
  );
}

/** Columns as wide as their widest cell; the first row is the heading. */
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
