// Compares this process's clock with those of others, over UDP: it answers whoever asks, and asks those it watches.
import dgram from "node:dgram";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { asItIs } from "../udp.ts";
import type { WallClock } from "../wallClock.ts";
import { type Findings, PeerClock } from "./findings.ts";
import { answer, question, read } from "./packet.ts";

/** Before and after a step so many probes go to each peer, this far apart; meanwhile, one in a longer while. */
const BURST = 20;
const BURST_EVERY_MS = 20;
const WATCH_EVERY_MS = 200;
/** An answer that takes longer tells nothing: its limits are too wide. */
const ANSWER_MS = 1_000;

export interface Peer {
  name: string;
  host: string;
  port: number;
}

export class Exchange {
  private watched: { clock: PeerClock; peer: Peer }[] = [];
  private readonly asked = new Map<number, PeerClock>();
  private next = 0;
  private timer: NodeJS.Timeout | undefined;

  private readonly socket: dgram.Socket;
  private readonly clock: Pick<WallClock, "nowUs">;

  private constructor(socket: dgram.Socket, clock: Pick<WallClock, "nowUs">) {
    this.socket = socket;
    this.clock = clock;

    socket.on("message", (packet, from) => this.take(packet, from));
    socket.on("error", () => {}); // of one datagram; what does not come back is counted
  }

  /** @param port 0: any that is free */
  static open(clock: Pick<WallClock, "nowUs">, port: number): Promise<Exchange> {
    const socket = dgram.createSocket({ type: "udp4", lookup: asItIs });
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

  private take(packet: Buffer, from: dgram.RemoteInfo): void {
    const now = this.clock.nowUs();
    const found = read(packet);
    if (found?.kind === "question") {
      this.socket.send(
        answer(packet, now, () => this.clock.nowUs()),
        from.port,
        from.address,
        () => {},
      );
    } else if (found) {
      this.asked.get(found.number)?.take(found.t1, found.t2, found.t3, now);
      this.asked.delete(found.number);
    }
  }

  /** Forgets what was found, and watches these from now on. */
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
    this.asked.set(number, clock);
    setTimeout(() => this.asked.delete(number), ANSWER_MS).unref();
    clock.sent += 1;
    this.socket.send(question(number, this.clock.nowUs()), port, host, () => {});
  }

  /** Some more probes, close together, so that what is looked at has limits on both of its ends. */
  async burst(): Promise<void> {
    if (this.watched.length === 0) return;
    for (let round = 0; round < BURST; round += 1) {
      for (const { peer, clock } of this.watched) this.ask(peer, clock);
      await sleep(BURST_EVERY_MS);
    }
  }

  findings(): Findings[] {
    return this.watched.map(({ clock }) => clock.findings());
  }

  unwatch(): void {
    clearTimeout(this.timer);
    this.watched = [];
  }

  close(): void {
    this.unwatch();
    this.socket.close();
  }
}
