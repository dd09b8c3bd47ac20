// Compares this process's clock with the clocks of peers over UDP: answers all probes, and probes the watched peers.
import dgram from "node:dgram";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { numericLookup } from "../udp.ts";
import type { WallClock } from "../wallClock.ts";
import { type Findings, PeerClock, type Stamp } from "./findings.ts";
import { type Answer, answer, answers, type Challenge, newChallenge, question, read } from "./packet.ts";

/** Probes of a burst, which goes to each peer before and after a step; in between, one goes every {@link WATCH_EVERY_MS}. */
const BURST = 20;
const BURST_EVERY_MS = 20;
const WATCH_EVERY_MS = 100;
/** Later answers are ignored: their bounds would be too wide to matter. */
const ANSWER_TIMEOUT_MS = 1_000;

/** The parts of a clock that the exchange needs. */
type ExchangeClock = Pick<WallClock, "nowUs" | "steppedUs">;

/** A process whose clock is compared. */
export interface Peer {
  name: string;
  /** An IPv4 address. */
  host: string;
  port: number;
}

/** A question that has not been answered yet. */
interface Asked {
  peer: Peer;
  clock: PeerClock;
  challenge: Challenge;
  sent: Stamp;
}

/** Exchanges timestamps over one UDP socket with peers that have the same token. */
export class Exchange {
  private watched: { clock: PeerClock; peer: Peer }[] = [];
  private readonly asked = new Map<bigint, Asked>();
  private timer: NodeJS.Timeout | undefined;

  private readonly socket: dgram.Socket;
  private readonly clock: ExchangeClock;
  private readonly token: string;

  private constructor(socket: dgram.Socket, clock: ExchangeClock, token: string) {
    this.socket = socket;
    this.clock = clock;
    this.token = token;

    socket.on("message", (packet, from) => this.receive(packet, from));
    socket.on("error", () => {}); // an error of one datagram: probes without an answer are counted anyway
  }

  /**
   * Opens the socket.
   *
   * @param port UDP port; 0: any free one
   * @param token the stack's token
   * @param address IPv4 address to listen on. Default: all of the machine
   */
  static open(clock: ExchangeClock, port: number, token: string, address?: string): Promise<Exchange> {
    const socket = dgram.createSocket({ type: "udp4", lookup: numericLookup });
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, address, () => {
        socket.off("error", reject);
        resolve(new Exchange(socket, clock, token));
      });
    });
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  private stamp(): Stamp {
    return { us: this.clock.nowUs(), steppedUs: this.clock.steppedUs() };
  }

  private receive(packet: Buffer, from: dgram.RemoteInfo): void {
    const now = this.stamp();
    const probe = read(packet);
    if (probe?.kind === "question") {
      const reply = answer(packet, this.token, now, () => this.clock.nowUs());
      if (reply) this.socket.send(reply, from.port, from.address, () => {});
    } else if (probe) this.receiveAnswer(probe, from, now);
  }

  /** Accepts only the answer of the peer that was asked, to the question as it was sent. */
  private receiveAnswer(reply: Answer, from: dgram.RemoteInfo, received: Stamp): void {
    const asked = this.asked.get(reply.number);
    if (!asked || asked.peer.host !== from.address || asked.peer.port !== from.port) return;
    if (reply.t1 !== asked.sent.us || !answers(reply, asked.challenge)) return;
    if (![reply.t2, reply.t3, reply.steppedUs].every(Number.isFinite)) return;
    this.asked.delete(reply.number);
    asked.clock.take(asked.sent, reply, received);
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

  private ask(peer: Peer, clock: PeerClock): void {
    const challenge = newChallenge(this.token);
    const asked: Asked = { peer, clock, challenge, sent: { us: 0, steppedUs: 0 } };
    this.asked.set(challenge.number, asked);
    setTimeout(() => this.asked.delete(challenge.number), ANSWER_TIMEOUT_MS).unref();
    clock.sent += 1;
    const packet = question(challenge, () => {
      asked.sent = this.stamp();
      return asked.sent.us;
    });
    this.socket.send(packet, peer.port, peer.host, () => {});
  }

  /** Sends a burst of probes, so that the bounds are also tight at the end of the measured time. */
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
