// The probes of a stack: found by their service's name, each asked who it is.
import { lookup } from "node:dns/promises";
import { type NetworkName, PROBE_SERVICES } from "../../contract/network.ts";
import type { JobContext } from "../job.ts";
import { ProbeClient } from "../probe/client.ts";
import { type Hello, type Peer, PROTOCOL_VERSION } from "../probe/protocol.ts";
import { reason } from "../reason.ts";
import { inOrder } from "./allocation.ts";

export interface NodeProbe {
  node: string;
  /** The kernel's boot id. */
  machine: string;
  client: Pick<ProbeClient, "hello" | "round" | "watch" | "take" | "serve" | "throughput" | "mtu">;
  /** Where it is on each network; absent: it is not there. */
  addresses: { [N in NetworkName]?: string };
  /** Why it is not on its node's own network. */
  hostError: string | null;
}

export type FindProbes = (
  nodes: readonly string[],
  context: JobContext,
  timeoutMs: number,
  token: string,
) => Promise<NodeProbe[]>;

const PAUSE_MS = 500;

/**
 * The probes that answer, one a node, in the order of the nodes. Waits until those of all nodes do, and for so long at
 * the most.
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
        () => undefined, // it starts, or ends: whoever waits asks again
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

/** Those that are on a network, and what each has to measure there: the way to every other one. */
export function peersOn(
  probes: readonly NodeProbe[],
  network: NetworkName,
): { probe: NodeProbe; peers: Peer[] }[] {
  const all = probes.flatMap((probe) => {
    const address = probe.addresses[network];
    return address === undefined ? [] : [{ probe, address }];
  });
  return all.map(({ probe }) => ({
    probe,
    peers: all
      .filter((other) => other.probe !== probe)
      .map(({ probe: { node }, address }) => ({ node, address })),
  }));
}

/** What is wrong with the probes that were found, a sentence each. */
export function probeProblems(nodes: readonly string[], probes: readonly NodeProbe[]): string[] {
  const missing = nodes.filter((node) => !probes.some((probe) => probe.node === node));
  return [
    ...missing.map(
      (node) =>
        `the network of ${node} is not measured: its probe does not answer; see: docker service ps ${PROBE_SERVICES.overlay}`,
    ),
    ...probes.flatMap(({ node, hostError }) =>
      hostError === null ? [] : [`${node}'s own network is not measured: ${reason(hostError)}`],
    ),
  ];
}
