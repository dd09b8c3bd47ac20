import { setTimeout as sleep } from "node:timers/promises";
import { LatencyHistogram } from "../../contract/histogram.ts";
import type { Peer, RoundTrips } from "./protocol.ts";

interface Tally {
  sent: number;
  lost: number;
  rtt: LatencyHistogram;
}

/** Sends packets to the peers in turn at an even rate, and counts answers and losses. */
export class Pinger {
  private tallies = new Map<string, Tally>();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly ended: Promise<void>;

  private readonly echo: { ask(address: string): Promise<number | undefined> };
  private readonly peers: readonly Peer[];

  /**
   * @param perSecond packets per second for each peer
   * @param packets number of packets for each peer; @default unlimited until {@link stop}
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

  /** Takes the results since the last call. Only packets that have been answered or lost are included. */
  take(): RoundTrips[] {
    const { tallies } = this;
    this.tallies = new Map();
    return this.peers.map(({ node }) => {
      const { sent, lost, rtt } = tallies.get(node) ?? { sent: 0, lost: 0, rtt: new LatencyHistogram() };
      return { to: node, sent, lost, rtt: rtt.encode() };
    });
  }

  /** Resolves when every packet has been answered or lost. */
  async done(): Promise<void> {
    await this.ended;
    await Promise.all(this.inFlight);
  }

  /** Stops sending, and waits for the packets in flight. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done();
  }

  private async run(everyMs: number, packets: number): Promise<void> {
    const { signal } = this.stopping;
    for (let sent = 0; sent < packets && this.peers.length > 0 && !signal.aborted; sent += 1) {
      const asking = this.ask(this.peers[sent % this.peers.length] as Peer);
      this.inFlight.add(asking);
      void asking.then(() => this.inFlight.delete(asking));
      // No fixed schedule: catching up after a delay would send a burst, and its packets would queue behind each other.
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
