// The network during one step: round trips of every pair, lightly.

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

/** Failures are told to `warn`, and cost the figures of the node that failed: what is sent to it is not lost by the network. */
export class StepWatch {
  private readonly total = new Map<string, Tally>();
  private readonly gone = new Set<string>();

  private readonly probes: readonly NodeProbe[];
  private readonly warn: (text: string) => void;

  constructor(probes: readonly NodeProbe[], warn: (text: string) => void) {
    this.probes = probes;
    this.warn = warn;
  }

  async begin(): Promise<void> {
    await this.onEach(async (probe, network) => {
      const { peers } = peersOn(this.probes, network).find((each) => each.probe === probe) ?? { peers: [] };
      if (peers.length > 0) await probe.client.watch(network, peers, PER_SECOND);
      else this.gone.add(`${network} ${probe.node}`);
    });
  }

  /** @param last it ends. @returns what has come since the last time */
  async take(last: boolean): Promise<PairRtt[]> {
    const taken: Tally[] = [];
    await this.onEach(async (probe, network) => {
      const pairs = await probe.client.take(network, last);
      taken.push(...pairs.map((each) => tallyOf(probe.node, network, each)));
    });
    for (const tally of taken) this.add(tally);
    return this.pairsOf(taken);
  }

  /** Of the whole step. */
  pairs(): PairRtt[] {
    return this.pairsOf([...this.total.values()]);
  }

  private async onEach(work: (probe: NodeProbe, network: NetworkName) => Promise<void>): Promise<void> {
    const all = NETWORKS.flatMap((network) => this.probes.map((probe) => ({ probe, network })));
    const there = all.filter(({ probe, network }) => !this.isGone(network, probe.node));
    await Promise.all(
      there.map(({ probe, network }) =>
        work(probe, network).catch((error) => {
          this.gone.add(`${network} ${probe.node}`);
          this.warn(
            `no figures of ${probe.node} on the ${network} network: its probe failed (${reason(error)})`,
          );
        }),
      ),
    );
  }

  private isGone(network: NetworkName, node: string): boolean {
    return this.gone.has(`${network} ${node}`);
  }

  private add(tally: Tally): void {
    const key = `${tally.network} ${tally.from} ${tally.to}`;
    const known = this.total.get(key);
    if (!known) {
      this.total.set(key, tally);
      return;
    }
    known.sent += tally.sent;
    known.lost += tally.lost;
    known.rtt.add(tally.rtt);
  }

  private pairsOf(tallies: readonly Tally[]): PairRtt[] {
    return tallies
      .filter(({ network, from, to }) => !this.isGone(network, from) && !this.isGone(network, to))
      .map(({ rtt, ...pair }) => ({ ...pair, rttMs: rtt.distribution() }));
  }
}

function tallyOf(from: string, network: NetworkName, { to, sent, lost, rtt }: RoundTrips): Tally {
  const histogram = new LatencyHistogram();
  histogram.addEncoded(rtt);
  return { from, to, network, sent, lost, rtt: histogram };
}
