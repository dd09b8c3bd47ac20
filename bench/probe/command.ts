// `bench.mjs probe overlay|host`: the program of the probe services.
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { NETWORKS, type NetworkName, NODE_FOLDERS, PROBE_PORTS } from "../../contract/network.ts";
import { machine } from "../agent/machine.ts";
import { reason } from "../reason.ts";
import { Echo } from "./echo.ts";
import { Probe } from "./probe.ts";
import { serveHostProbe, serveOverlayProbe } from "./server.ts";

const SOCKET = path.join(NODE_FOLDERS.probe, "socket");
/** Holds the node's address on the nodes' own network. `pulumi up` writes it. */
const ADDRESS_FILE = path.join(NODE_FOLDERS.probe, "address");

/** Whether an argument is a network of the probes. */
export function isNetwork(name: string | undefined): name is NetworkName {
  return NETWORKS.some((network) => network === name);
}

/**
 * Runs a probe until it is stopped.
 *
 * @throws SwarmbenchError `probe-failed` if it cannot start
 */
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
    throw new SwarmbenchError("probe-failed", `the echo cannot listen on ${address}: ${reason(error)}`, {
      hint: `See on the node which process uses UDP port ${PROBE_PORTS.echo}: ss -lunp`,
      cause: error,
    });
  });
  rmSync(SOCKET, { force: true }); // left over from an earlier task
  await serveHostProbe(new Probe(echo), { bind: address, port: PROBE_PORTS.iperf }, SOCKET);
  process.stderr.write(`probe at ${address} listens on ${SOCKET}\n`);
}

function readAddress(): string {
  try {
    return readFileSync(ADDRESS_FILE, "utf8").trim();
  } catch (error) {
    throw new SwarmbenchError("probe-failed", `cannot read the node's address: ${reason(error)}`, {
      hint: "`pulumi up` writes this file.",
      cause: error,
    });
  }
}
