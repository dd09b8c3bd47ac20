// `bench.mjs probe overlay|host`: the program of the probes' services.
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { NETWORKS, type NetworkName, NODE_FOLDERS, PROBE_PORTS } from "../../contract/network.ts";
import { machine } from "../agent/machine.ts";
import { Problem, reason } from "../problem.ts";
import { Echo } from "./echo.ts";
import { Probe } from "./probe.ts";
import { serveHostProbe, serveOverlayProbe } from "./server.ts";

const SOCKET = path.join(NODE_FOLDERS.probe, "socket");
/** The node's address on the network between the nodes; `up` writes it there. */
const ADDRESS_FILE = path.join(NODE_FOLDERS.probe, "address");

/** Whether an argument is a network that a probe can be on. */
export function isNetwork(name: string | undefined): name is NetworkName {
  return NETWORKS.some((network) => network === name);
}

/** Serves until it is ended. */
export async function runProbe(network: NetworkName, environment = process.env): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
  await (network === "overlay" ? overlayProbe(environment.SWARMBENCH_NODE ?? "?") : hostProbe());
}

async function overlayProbe(node: string): Promise<void> {
  const probe = new Probe(await Echo.open("0.0.0.0", PROBE_PORTS.echo));
  const self = { node, bootId: machine().bootId, hostSocket: SOCKET };
  await serveOverlayProbe(probe, { port: PROBE_PORTS.iperf }, self, PROBE_PORTS.http);
  process.stderr.write(`probe of ${node} listens on port ${PROBE_PORTS.http}\n`);
}

async function hostProbe(): Promise<void> {
  const address = readAddress();
  const echo = await Echo.open(address, PROBE_PORTS.echo).catch((error) => {
    const next = `See on the node what has UDP port ${PROBE_PORTS.echo}: ss -lunp`;
    throw new Problem(`the echo cannot listen on ${address}: ${reason(error)}`, next);
  });
  rmSync(SOCKET, { force: true }); // of an earlier task
  await serveHostProbe(new Probe(echo), { bind: address, port: PROBE_PORTS.iperf }, SOCKET);
  process.stderr.write(`probe at ${address} listens on ${SOCKET}\n`);
}

function readAddress(): string {
  try {
    return readFileSync(ADDRESS_FILE, "utf8").trim();
  } catch (error) {
    throw new Problem(`the node's address is not known: ${reason(error)}`, "pulumi up writes it there.");
  }
}
