import { setTimeout as sleep } from "node:timers/promises";
import { LatencyHistogram } from "../../contract/histogram.ts";
import type { Peer, RoundTrips } from "./protocol.ts";

interface Tally {
  sent: number;
  lost: number;
  rtt: LatencyHistogram;
}

/** Asks each peer in turn, evenly over the time, and counts what comes of it. */
export class Pinger {
  private tallies = new Map<string, Tally>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;

  private readonly echo: { ask(address: string): Promise<number | undefined> };
  private readonly peers: readonly Peer[];

  /**
   * @param perSecond packets for each peer
   * @param packets for each peer; absent: until it is stopped
   */
  constructor(
    echo: { ask(address: string): Promise<number | undefined> },
    peers: readonly Peer[],
    perSecond: number,
    packets = Number.POSITIVE_INFINITY,
  ) {
    this.echo = echo;
    this.peers = peers;

    this.ended = this.run(1_000 / (perSecond * peers.length), packets * peers.length);
  }

  /** What has come of the packets since the last time, each of which has been answered or is lost. */
  take(): RoundTrips[] {
    const { tallies } = this;
    this.tallies = new Map();
    return this.peers.map(({ node }) => {
      const { sent, lost, rtt } = tallies.get(node) ?? { sent: 0, lost: 0, rtt: new LatencyHistogram() };
      return { to: node, sent, lost, rtt: rtt.encode() };
    });
  }

  /** Ends once every packet has been answered or is lost. */
  async done(): Promise<void> {
    await this.ended;
    await Promise.all(this.underWay);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done();
  }

  private async run(everyMs: number, packets: number): Promise<void> {
    const { signal } = this.stopping;
    for (let sent = 0; sent < packets && this.peers.length > 0 && !signal.aborted; sent += 1) {
      const asking = this.ask(this.peers[sent % this.peers.length] as Peer);
      this.underWay.add(asking);
      void asking.then(() => this.underWay.delete(asking));
      // Not by a schedule: what is late must not be made up for by a burst, which would wait for itself.
      await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  private async ask({ node, address }: Peer): Promise<void> {
    const us = await this.echo.ask(address);
    let tally = this.tallies.get(node);
    if (!tally) {
      tally = { sent: 0, lost: 0, rtt: new LatencyHistogram() };
      this.tallies.set(node, tally);
    }
    tally.sent += 1;
    if (us === undefined) tally.lost += 1;
    else tally.rtt.record(us);
  }
}
