// `bench.mjs probe overlay|host`: the program of the probe services.
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import {
  NETWORKS,
  type NetworkName,
  NODE_FOLDERS,
  PROBE_PORTS,
  PROBE_SERVICES,
} from "../../contract/network.ts";
import { SECRET_FILES } from "../../contract/target.ts";
import { machine } from "../agent/machine.ts";
import { reason } from "../reason.ts";
import { readToken } from "../token.ts";
import { Echo } from "./echo.ts";
import { addressesIn, addressesOf } from "./peers.ts";
import { Probe } from "./probe.ts";
import { serveHostProbe, serveOverlayProbe } from "./server.ts";

const SOCKET = path.join(NODE_FOLDERS.probe, "socket");
/** Files that `pulumi up` writes: the node's address on the nodes' own network, and the addresses of all nodes there. */
const ADDRESS_FILE = path.join(NODE_FOLDERS.node, "address");
const ADDRESSES_FILE = path.join(NODE_FOLDERS.node, "nodes");

/** Whether an argument is a network of the probes. */
export function isNetwork(name: string | undefined): name is NetworkName {
  return NETWORKS.some((network) => network === name);
}

/**
 * Runs a probe until it is stopped.
 *
 * @throws SwarmbenchError `probe-failed` if it cannot start, `service-failed` if it has no token
 */
export async function runProbe(network: NetworkName, environment = process.env): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
  await (network === "overlay" ? overlayProbe(environment.SWARMBENCH_NODE ?? "?") : hostProbe());
}

async function overlayProbe(node: string): Promise<void> {
  const token = readToken(SECRET_FILES.token);
  const measuring = {
    probe: new Probe(await Echo.open("0.0.0.0", PROBE_PORTS.echo)),
    place: { port: PROBE_PORTS.iperf },
    stack: addressesOf(PROBE_SERVICES.overlay),
  };
  const self = { node, bootId: machine().bootId, hostSocket: SOCKET };
  await serveOverlayProbe(measuring, self, PROBE_PORTS.http, token);
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
  const place = { bind: address, port: PROBE_PORTS.iperf };
  await serveHostProbe({ probe: new Probe(echo), place, stack: addressesIn(ADDRESSES_FILE) }, SOCKET);
  process.stderr.write(`probe at ${address} listens on ${SOCKET}\n`);
}

function readAddress(): string {
  try {
    return readFileSync(ADDRESS_FILE, "utf8").trim();
  } catch (error) {
    throw new SwarmbenchError("probe-failed", `cannot read the node's address: ${reason(error)}`, {
      hint: "`pulumi up` writes this file: run it again.",
      cause: error,
    });
  }
}
