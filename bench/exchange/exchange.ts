// Compares this process's clock with the clocks of peers over UDP: answers all probes, and probes the watched peers.
import dgram from "node:dgram";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { numericLookup } from "../udp.ts";
import type { WallClock } from "../wallClock.ts";
import { type Findings, PeerClock, type Stamp } from "./findings.ts";
import { answer, question, read } from "./packet.ts";

/** Before and after a step, a burst of probes goes to each peer; in between, one every {@link WATCH_EVERY_MS}. */
const BURST = 20;
const BURST_EVERY_MS = 20;
const WATCH_EVERY_MS = 100;
/** Later answers are ignored: their bounds would be too wide to matter. */
const ANSWER_TIMEOUT_MS = 1_000;

/** What the exchange needs of a clock. */
type ExchangeClock = Pick<WallClock, "nowUs" | "steppedUs">;

/** A process whose clock is compared. */
export interface Peer {
  name: string;
  /** An IPv4 address. */
  host: string;
  port: number;
}

/** Exchanges timestamps with peers over one UDP socket. */
export class Exchange {
  private watched: { clock: PeerClock; peer: Peer }[] = [];
  private readonly asked = new Map<number, { clock: PeerClock; sent: Stamp }>();
  private next = 0;
  private timer: NodeJS.Timeout | undefined;

  private readonly socket: dgram.Socket;
  private readonly clock: ExchangeClock;

  private constructor(socket: dgram.Socket, clock: ExchangeClock) {
    this.socket = socket;
    this.clock = clock;

    socket.on("message", (packet, from) => this.take(packet, from));
    socket.on("error", () => {}); // an error of one datagram: probes without an answer are counted anyway
  }

  /** Opens the socket. @param port UDP port; 0: any free one */
  static open(clock: ExchangeClock, port: number): Promise<Exchange> {
    const socket = dgram.createSocket({ type: "udp4", lookup: numericLookup });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, () => {
        socket.off("error", reject);
        resolve(new Exchange(socket, clock));
      });
    });
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  private stamp(): Stamp {
    return { us: this.clock.nowUs(), steppedUs: this.clock.steppedUs() };
  }

  private take(packet: Buffer, from: dgram.RemoteInfo): void {
    const now = this.stamp();
    const probe = read(packet);
    if (probe?.kind === "question") {
      this.socket.send(
        answer(packet, now.us, now.steppedUs, () => this.clock.nowUs()),
        from.port,
        from.address,
        () => {},
      );
    } else if (probe) {
      const { t2, t3, steppedUs } = probe;
      const asked = this.asked.get(probe.number);
      asked?.clock.take(asked.sent, { t2, t3, steppedUs }, now);
      this.asked.delete(probe.number);
    }
  }

  /** Discards earlier findings, and probes these peers from now on. */
  watch(peers: readonly Peer[]): void {
    this.unwatch();
    this.watched = peers.map((peer) => ({ peer, clock: new PeerClock(peer.name) }));
    let sent = 0;
    const tick = () => {
      for (const { peer, clock } of this.watched) this.ask(peer, clock);
      sent += 1;
      this.timer = setTimeout(tick, sent < BURST ? BURST_EVERY_MS : WATCH_EVERY_MS);
    };
    if (peers.length > 0) tick();
  }

  private ask({ host, port }: Peer, clock: PeerClock): void {
    const number = this.next;
    this.next = (this.next + 1) >>> 0;
    setTimeout(() => this.asked.delete(number), ANSWER_TIMEOUT_MS).unref();
    clock.sent += 1;
    const sent = this.stamp();
    this.asked.set(number, { clock, sent });
    this.socket.send(question(number, sent.us), port, host, () => {});
  }

  /** Sends a burst of probes, so that the measured time has close bounds at its end as well. */
  async burst(): Promise<void> {
    if (this.watched.length === 0) return;
    for (let round = 0; round < BURST; round += 1) {
      for (const { peer, clock } of this.watched) this.ask(peer, clock);
      await sleep(BURST_EVERY_MS);
    }
  }

  /** The findings about each watched peer so far. */
  findings(): Findings[] {
    return this.watched.map(({ clock }) => clock.findings());
  }

  /** Stops probing, and discards the findings. */
  unwatch(): void {
    clearTimeout(this.timer);
    this.watched = [];
  }

  close(): void {
    this.unwatch();
    this.socket.close();
  }
}
