// The probes of a stack, found by the name of their service.
import { lookup } from "node:dns/promises";
import { type NetworkName, PROBE_SERVICES } from "../../contract/network.ts";
import type { JobContext } from "../job.ts";
import { ProbeClient } from "../probe/client.ts";
import { type Hello, type Peer, PROTOCOL_VERSION } from "../probe/protocol.ts";
import { reason } from "../reason.ts";
import { inOrder } from "./allocation.ts";

/** A probe that answered. There is one per node. */
export interface NodeProbe {
  node: string;
  /** The kernel's boot id, which is the same for all nodes on one machine. */
  machine: string;
  client: Pick<
    ProbeClient,
    "hello" | "counters" | "round" | "watch" | "take" | "serve" | "throughput" | "mtu"
  >;
  /** Its address on each network; absent: it is not reachable there. */
  addresses: { [N in NetworkName]?: string };
  /** Why it is not reachable on the host network; null: it is. */
  hostError: string | null;
}

/** Finds the probes of these nodes. */
export type FindProbes = (
  nodes: readonly string[],
  context: JobContext,
  timeoutMs: number,
  token: string,
) => Promise<NodeProbe[]>;

/** Time between two attempts. */
const PAUSE_MS = 500;

/**
 * The probes that answer, one per node, in natural order of the nodes. Waits until those of all nodes answer, or until the
 * timeout.
 */
export const findProbes: FindProbes = async (nodes, { clock, signal }, timeoutMs, token) => {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const probes = await askAll(token);
    const complete = (node: string) => probes.some((probe) => probe.node === node && probe.addresses.host);
    if (nodes.every(complete) || clock.now() > deadline) {
      const order = inOrder(nodes);
      return probes
        .filter(({ node }) => order.includes(node))
        .sort((a, b) => order.indexOf(a.node) - order.indexOf(b.node));
    }
    await clock.sleep(PAUSE_MS);
  }
};

async function askAll(token: string): Promise<NodeProbe[]> {
  const addresses = await lookup(`tasks.${PROBE_SERVICES.overlay}`, { all: true, family: 4 }).catch(() => []);
  const answers = await Promise.all(
    addresses.map(({ address }) => {
      const client = new ProbeClient(address, token);
      return client.hello().then(
        (hello) => probeOf(hello, address, client),
        () => undefined, // it is starting or stopping: the caller tries again
      );
    }),
  );
  return answers.filter((probe) => probe !== undefined);
}

function probeOf(hello: Hello, overlay: string, client: ProbeClient): NodeProbe | undefined {
  const { protocol, node, bootId: machine, host } = hello;
  if (protocol !== PROTOCOL_VERSION) return undefined;
  if ("error" in host) return { node, machine, client, addresses: { overlay }, hostError: host.error };
  return { node, machine, client, addresses: { overlay, host: host.address }, hostError: null };
}

/** The probes on a network, each with its peers: all other probes there. */
export function peersOn(
  probes: readonly NodeProbe[],
  network: NetworkName,
): { probe: NodeProbe; peers: Peer[] }[] {
  const reachable = probes.flatMap((probe) => {
    const address = probe.addresses[network];
    return address === undefined ? [] : [{ probe, address }];
  });
  return reachable.map(({ probe }) => ({
    probe,
    peers: reachable
      .filter((other) => other.probe !== probe)
      .map(({ probe: { node }, address }) => ({ node, address })),
  }));
}

/** A warning for each node without a probe, and for each probe that is not on the host network. */
export function probeWarnings(nodes: readonly string[], probes: readonly NodeProbe[]): string[] {
  const missing = nodes.filter((node) => !probes.some((probe) => probe.node === node));
  return [
    ...missing.map(
      (node) =>
        `the network of ${node} is not measured: its probe does not answer; see: docker service ps ${PROBE_SERVICES.overlay}`,
    ),
    ...probes.flatMap(({ node, hostError }) =>
      hostError === null ? [] : [`the host network of ${node} is not measured: ${reason(hostError)}`],
    ),
  ];
}
