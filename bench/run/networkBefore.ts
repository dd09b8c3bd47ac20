// The network between all nodes before the load: round trips, then MTU, then throughput, on one network after the other.

import { LatencyHistogram } from "../../contract/histogram.ts";
import { NETWORKS, type NetworkName, type Pair } from "../../contract/network.ts";
import { reason } from "../reason.ts";
import { type Placed, schedule } from "./networkSchedule.ts";
import { type NodeProbe, peersOn } from "./probes.ts";

/** Packets per second: of one pair, and of one node to all others. */
const PACE = { pair: 100, node: 500 };
/** Beyond so many measurements one after the other, a throughput is measured in one direction alone. */
const MOST_SLOTS = 100;

export interface BeforeOptions {
  packets: number;
  seconds: number;
  signal: AbortSignal;
  progress(line: string): void;
}

/** @throws where it is asked to stop, and nowhere else: what fails is told in the pair's `error` */
export async function measureNetwork(probes: readonly NodeProbe[], options: BeforeOptions): Promise<Pair[]> {
  const pairs = new Pairs(probes);
  for (const network of NETWORKS) {
    const on = new OneNetwork(network, probes, pairs, options);
    await on.roundTrips();
    await on.mtus();
    await on.throughputs();
  }
  return pairs.list();
}

class OneNetwork {
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
    this.say("round trips");
    const all = peersOn(this.probes, this.network).filter(({ peers }) => peers.length > 0);
    await this.together(all, async ({ probe, peers }) => {
      const perSecond = Math.min(PACE.pair, PACE.node / peers.length);
      try {
        for (const { to, sent, lost, rtt } of await probe.client.round(
          this.network,
          peers,
          packets,
          perSecond,
        )) {
          const histogram = new LatencyHistogram();
          histogram.addEncoded(rtt);
          Object.assign(this.pair(probe.node, to), { sent, lost, rttMs: histogram.distribution() });
        }
      } catch (error) {
        for (const { node } of peers) this.failed(probe.node, node, "round trips", error);
      }
    });
  }

  async mtus(): Promise<void> {
    this.say("MTU");
    await this.together(peersOn(this.probes, this.network), async ({ probe, peers }) => {
      for (const { node, address } of peers) {
        await this.attempt(probe.node, node, "MTU", async () => {
          this.pair(probe.node, node).mtu = await probe.client.mtu(this.network, address);
        });
      }
    });
  }

  async throughputs(): Promise<void> {
    const there = this.probes.filter((probe) => probe.addresses[this.network] !== undefined);
    const slots = schedule<NodeProbe & Placed>(there);
    const both = slots.length * 2 * NETWORKS.length <= MOST_SLOTS;
    for (const [index, slot] of slots.entries()) {
      this.say(`throughput ${index + 1} of ${slots.length}`);
      await this.together(slot, async ([a, b]) => {
        await this.throughput(a, b, false);
        if (both) await this.throughput(a, b, true);
      });
    }
  }

  /** From the first to the second; `reverse`: the other way round, asked of the same. */
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
    await measure().catch((error) => this.failed(from, to, what, error));
  }

  private async together<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const { signal } = this.options;
    signal.throwIfAborted();
    let leave = () => {};
    const stopped = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
    });
    try {
      await Promise.race([stopped, Promise.all(items.map(work))]);
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  private pair(from: string, to: string): Pair {
    return this.pairs.of(this.network, from, to);
  }

  private failed(from: string, to: string, what: string, error: unknown): void {
    const pair = this.pair(from, to);
    pair.error = [...(pair.error === null ? [] : [pair.error]), `${what}: ${reason(error)}`].join("; ");
  }

  private say(what: string): void {
    this.options.progress(`network (${this.network}): ${what}`);
  }
}

/** Every pair on every network, whether it can be measured or not: what is missing must be seen. */
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
    const off = [from, to].find(({ addresses }) => addresses[network] === undefined);
    this.pairs.set(`${network} ${from.node} ${to.node}`, {
      from: from.node,
      to: to.node,
      network,
      rttMs: new LatencyHistogram().distribution(),
      sent: 0,
      lost: 0,
      throughputBitPerSec: null,
      mtu: null,
      error: off ? `${off.node}: ${off.hostError ?? "it has no address there"}` : null,
    });
  }

  of(network: NetworkName, from: string, to: string): Pair {
    const pair = this.pairs.get(`${network} ${from} ${to}`);
    if (!pair) throw new Error(`there is no pair ${from} to ${to} on ${network}`);
    return pair;
  }

  list(): Pair[] {
    return [...this.pairs.values()];
  }
}
