// What `npm run ui` decides: plain functions on plain data.
import { Problem } from "../lib/problem.ts";

/**
 * @typedef {object} Ui a web interface of the stack
 * @property {string} name
 * @property {string} service swarm service that serves it
 * @property {number} port inside its task
 * @property {"http" | "https"} scheme
 * @property {string} user
 * @property {string} password
 * @property {string} node name of the node that its task runs on
 * @property {boolean} [pages] whether it has pages for a browser; else only an API
 * @property {string} ssh shell command line that leads to that node
 */

/** Where a task can be reached from its node. @typedef {{ container: string, address: string }} Task */

/**
 * @param {{ nodes?: { name: string, ssh: string }[], uis?: Omit<Ui, "ssh">[] }} outputs the stack's
 * @param {string} scenario
 * @returns {Ui[]}
 * @throws Problem where there is nothing to open
 */
export function uisOf({ nodes, uis }, scenario) {
  const bringUp = `Bring it up: eval "$(npm run -s env)" && pulumi up -s ${scenario}`;
  if (!nodes || !uis) throw new Problem(`The stack ${scenario} is not up.`, bringUp);
  if (uis.length === 0) {
    throw new Problem(
      `The stack ${scenario} has no UI: neither Grafana nor InfluxDB nor Portainer is enabled.`,
      `Switch one on, such as: pulumi config set --path grafana.enabled true -s ${scenario} && pulumi up -s ${scenario}`,
    );
  }
  return uis.map((ui) => {
    const ssh = nodes.find(({ name }) => name === ui.node)?.ssh;
    if (!ssh) throw new Problem(`${ui.name} runs on ${ui.node}, which the stack does not have.`, bringUp);
    return { ...ui, ssh };
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

/** @param {string} text what {@link LOOK} printed, the newest container first @returns {Map<string, Task>} by service */
export function tasksIn(text) {
  const lines = text.split("\n").map((line) => line.trim().split(" "));
  const addresses = new Map(
    lines.flatMap(([kind, id, cidr]) => (kind === "address" && cidr ? [[id, cidr.split("/")[0]]] : [])),
  );
  const tasks = new Map();
  for (const [kind, container, service] of lines) {
    const address = addresses.get(container);
    if (kind === "task" && address && !tasks.has(service)) tasks.set(service, { container, address });
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
 * Arguments of `sh` for a command on a node; what leads there is itself a shell command line.
 *
 * @param {string} ssh @param {string[]} options more of ssh's @param {string} command
 */
export function sshArguments(ssh, options, command) {
  return ["-c", `exec ${ssh} "$@"`, "ssh", ...OPTIONS, ...options, command];
}

/**
 * Arguments of `sh` for a tunnel from a loopback port to a task. It lives as long as its standard input is open: so it
 * ends with us, however we end.
 */
export function tunnelArguments(ssh, localPort, address, port) {
  const forward = `127.0.0.1:${localPort}:${address}:${port}`;
  return sshArguments(ssh, ["-T", "-o", "ExitOnForwardFailure=yes", "-L", forward], "cat");
}

/** How far from a UI's own port another one is looked for. */
const PORTS_TRIED = 100;

/**
 * A loopback port for each UI: its own, else the next one that is free.
 *
 * @param {Ui[]} uis @param {(port: number) => Promise<boolean>} isFree
 * @returns {Promise<number[]>} in the order of the UIs
 */
export async function choosePorts(uis, isFree) {
  const chosen = [];
  for (const { name, port } of uis) chosen.push(await freePort(name, port, chosen, isFree));
  return chosen;
}

async function freePort(name, first, taken, isFree) {
  const last = Math.min(first + PORTS_TRIED, 65_536) - 1;
  for (let port = first; port <= last; port += 1) {
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  throw new Problem(
    `No port for ${name}: every one from ${first} to ${last} of 127.0.0.1 is taken.`,
    "See what takes them: ss -ltnp",
  );
}

/** Columns as wide as their widest cell. @param {string[][]} rows the first is the heading */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
