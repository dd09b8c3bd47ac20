// Measures the network between all nodes before the load: round trips, MTU and throughput, on one network after the other.

import { LatencyHistogram } from "../../contract/histogram.ts";
import { NETWORKS, type NetworkName, type Pair } from "../../contract/network.ts";
import { unlessAborted } from "../clock.ts";
import { reason } from "../reason.ts";
import { schedule } from "./networkSchedule.ts";
import { type NodeProbe, peersOn } from "./probes.ts";

/** Packets per second of one pair, and of one node to all others. */
const PACE = { pair: 100, node: 500 };
/** With more consecutive measurements than this, throughput is measured in one direction only. */
const MOST_SLOTS = 100;

interface BeforeOptions {
  /** Round trips of each pair. */
  packets: number;
  /** Length of each throughput measurement. */
  seconds: number;
  signal: AbortSignal;
  progress(line: string): void;
}

/**
 * Measures the network between all nodes. A failed measurement is reported in the pair's `error`.
 *
 * @throws the signal's reason if it is aborted
 */
export async function measureNetwork(probes: readonly NodeProbe[], options: BeforeOptions): Promise<Pair[]> {
  const pairs = new Pairs(probes);
  for (const network of NETWORKS) {
    const measurement = new NetworkMeasurement(network, probes, pairs, options);
    await measurement.roundTrips();
    await measurement.mtus();
    await measurement.throughputs();
  }
  return pairs.list();
}

/** The measurements on one network. */
class NetworkMeasurement {
  private readonly network: NetworkName;
  private readonly probes: readonly NodeProbe[];
  private readonly pairs: Pairs;
  private readonly options: BeforeOptions;

  constructor(network: NetworkName, probes: readonly NodeProbe[], pairs: Pairs, options: BeforeOptions) {
    this.network = network;
    this.probes = probes;
    this.pairs = pairs;
    this.options = options;
  }

  async roundTrips(): Promise<void> {
    const { packets } = this.options;
    this.report("round trips");
    const withPeers = peersOn(this.probes, this.network).filter(({ peers }) => peers.length > 0);
    await this.concurrently(withPeers, async ({ probe, peers }) => {
      const perSecond = Math.min(PACE.pair, PACE.node / peers.length);
      try {
        const roundTrips = await probe.client.round(this.network, peers, packets, perSecond);
        for (const { to, sent, lost, rtt } of roundTrips) {
          const histogram = new LatencyHistogram();
          histogram.addEncoded(rtt);
          Object.assign(this.pair(probe.node, to), { sent, lost, rttMs: histogram.distribution() });
        }
      } catch (error) {
        for (const { node } of peers) this.addError(probe.node, node, "round trips", error);
      }
    });
  }

  async mtus(): Promise<void> {
    this.report("MTU");
    await this.concurrently(peersOn(this.probes, this.network), async ({ probe, peers }) => {
      for (const { node, address } of peers) {
        await this.attempt(probe.node, node, "MTU", async () => {
          this.pair(probe.node, node).mtu = await probe.client.mtu(this.network, address);
        });
      }
    });
  }

  async throughputs(): Promise<void> {
    const reachable = this.probes.filter((probe) => probe.addresses[this.network] !== undefined);
    const slots = schedule(reachable);
    const bothDirections = slots.length * 2 * NETWORKS.length <= MOST_SLOTS;
    for (const [index, slot] of slots.entries()) {
      this.report(`throughput ${index + 1} of ${slots.length}`);
      await this.concurrently(slot, async ([a, b]) => {
        await this.throughput(a, b, false);
        if (bothDirections) await this.throughput(a, b, true);
      });
    }
  }

  /** Measures from `a` to `b`, or with `reverse` from `b` to `a`. `a` is the iperf3 client in both cases. */
  private async throughput(a: NodeProbe, b: NodeProbe, reverse: boolean): Promise<void> {
    const [from, to] = reverse ? [b, a] : [a, b];
    const { network } = this;
    const { seconds } = this.options;
    await this.attempt(from.node, to.node, "throughput", async () => {
      await b.client.serve(network, seconds);
      const rate = await a.client.throughput(network, b.addresses[network] as string, seconds, reverse);
      this.pair(from.node, to.node).throughputBitPerSec = rate;
    });
  }

  private async attempt(from: string, to: string, what: string, measure: () => Promise<void>): Promise<void> {
    this.options.signal.throwIfAborted();
    await measure().catch((error) => this.addError(from, to, what, error));
  }

  /** Runs work for all items at the same time. @throws the signal's reason as soon as it is aborted */
  private async concurrently<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const { signal } = this.options;
    signal.throwIfAborted();
    await unlessAborted(signal, Promise.all(items.map(work)));
  }

  private pair(from: string, to: string): Pair {
    return this.pairs.get(this.network, from, to);
  }

  private addError(from: string, to: string, what: string, error: unknown): void {
    const pair = this.pair(from, to);
    const text = `${what}: ${reason(error)}`;
    pair.error = pair.error === null ? text : `${pair.error}; ${text}`;
  }

  private report(what: string): void {
    this.options.progress(`network (${this.network}): ${what}`);
  }
}

/** Every pair on every network, including those that cannot be measured, so that the results show what is missing. */
class Pairs {
  private readonly pairs = new Map<string, Pair>();

  constructor(probes: readonly NodeProbe[]) {
    for (const network of NETWORKS) {
      for (const from of probes) {
        for (const to of probes) if (from !== to) this.add(network, from, to);
      }
    }
  }

  private add(network: NetworkName, from: NodeProbe, to: NodeProbe): void {
    const unreachable = [from, to].find(({ addresses }) => addresses[network] === undefined);
    this.pairs.set(`${network} ${from.node} ${to.node}`, {
      from: from.node,
      to: to.node,
      network,
      rttMs: new LatencyHistogram().distribution(),
      sent: 0,
      lost: 0,
      throughputBitPerSec: null,
      mtu: null,
      error: unreachable
        ? `${unreachable.node}: ${unreachable.hostError ?? "it has no address on this network"}`
        : null,
    });
  }

  get(network: NetworkName, from: string, to: string): Pair {
    const pair = this.pairs.get(`${network} ${from} ${to}`);
    if (!pair) throw new Error(`there is no pair ${from} to ${to} on ${network}`);
    return pair;
  }

  list(): Pair[] {
    return [...this.pairs.values()];
  }
}
