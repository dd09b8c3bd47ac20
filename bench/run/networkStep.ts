// Monitors the network during one step: round trips of every pair, with few packets.

import { LatencyHistogram } from "../../contract/histogram.ts";
import { NETWORKS, type NetworkName, type PairRtt } from "../../contract/network.ts";
import type { RoundTrips } from "../probe/protocol.ts";
import { reason } from "../reason.ts";
import { type NodeProbe, peersOn } from "./probes.ts";

/** Packets per second of each pair. */
const PER_SECOND = 5;

interface Tally {
  from: string;
  to: string;
  network: NetworkName;
  sent: number;
  lost: number;
  rtt: LatencyHistogram;
}

/**
 * Monitors the network during a step. If a probe fails, `warn` is called and the pairs of its node have no results: packets sent
 * to it were not lost by the network.
 */
export class StepWatch {
  private readonly total = new Map<string, Tally>();
  private readonly failed = new Set<string>();

  private readonly probes: readonly NodeProbe[];
  private readonly warn: (text: string) => void;

  constructor(probes: readonly NodeProbe[], warn: (text: string) => void) {
    this.probes = probes;
    this.warn = warn;
  }

  /** Starts the round trips. */
  async begin(): Promise<void> {
    await this.onEach(async (probe, network) => {
      const { peers } = peersOn(this.probes, network).find((each) => each.probe === probe) ?? { peers: [] };
      if (peers.length > 0) await probe.client.watch(network, peers, PER_SECOND);
      else this.failed.add(`${network} ${probe.node}`);
    });
  }

  /** Collects the round trips since the previous call. @param last whether the round trips end */
  async take(last: boolean): Promise<PairRtt[]> {
    const taken: Tally[] = [];
    await this.onEach(async (probe, network) => {
      const pairs = await probe.client.take(network, last);
      taken.push(...pairs.map((each) => tallyOf(probe.node, network, each)));
    });
    for (const tally of taken) this.add(tally);
    return this.pairsOf(taken);
  }

  /** The round trips of the whole step. */
  pairs(): PairRtt[] {
    return this.pairsOf([...this.total.values()]);
  }

  private async onEach(work: (probe: NodeProbe, network: NetworkName) => Promise<void>): Promise<void> {
    const all = NETWORKS.flatMap((network) => this.probes.map((probe) => ({ probe, network })));
    const working = all.filter(({ probe, network }) => !this.hasFailed(network, probe.node));
    await Promise.all(
      working.map(({ probe, network }) =>
        work(probe, network).catch((error) => {
          this.failed.add(`${network} ${probe.node}`);
          this.warn(
            `no measurements of ${probe.node} on the ${network} network: its probe failed (${reason(error)})`,
          );
        }),
      ),
    );
  }

  private hasFailed(network: NetworkName, node: string): boolean {
    return this.failed.has(`${network} ${node}`);
  }

  private add(tally: Tally): void {
    const key = `${tally.network} ${tally.from} ${tally.to}`;
    const total = this.total.get(key);
    if (!total) {
      this.total.set(key, tally);
      return;
    }
    total.sent += tally.sent;
    total.lost += tally.lost;
    total.rtt.add(tally.rtt);
  }

  private pairsOf(tallies: readonly Tally[]): PairRtt[] {
    return tallies
      .filter(({ network, from, to }) => !this.hasFailed(network, from) && !this.hasFailed(network, to))
      .map(({ rtt, ...pair }) => ({ ...pair, rttMs: rtt.distribution() }));
  }
}

function tallyOf(from: string, network: NetworkName, { to, sent, lost, rtt }: RoundTrips): Tally {
  const histogram = new LatencyHistogram();
  histogram.addEncoded(rtt);
  return { from, to, network, sent, lost, rtt: histogram };
}
