// Round trips over UDP. One socket answers the peers' questions and sends its own.
import { randomInt } from "node:crypto";
import dgram from "node:dgram";
import { once } from "node:events";
import { numericLookup } from "../udp.ts";
import { decodePacket, encodePacket, type Packet } from "./packet.ts";

/** A packet without an answer for this long counts as lost, ms. */
const LOST_AFTER_MS = 1_000;

interface Asked {
  to: string;
  atNs: bigint;
  /** @param us the round trip, µs; undefined: lost */
  settle(us: number | undefined): void;
  timer: NodeJS.Timeout;
}

/** Measures round trips by UDP packets. Peers must run an echo as well. */
export class Echo {
  private readonly session = randomInt(2 ** 32);
  private readonly asked = new Map<number, Asked>();

  private readonly socket: dgram.Socket;
  private readonly peerPort: number | undefined;

  private constructor(socket: dgram.Socket, peerPort: number | undefined) {
    this.socket = socket;
    this.peerPort = peerPort;

    socket.on("message", (bytes, from) => this.receive(bytes, from, process.hrtime.bigint()));
    // For example an unreachable address: its packets count as lost.
    socket.on("error", () => {});
  }

  /** Opens the socket. @param peerPort port of the peers; @default this echo's port */
  static async open(address: string, port: number, peerPort?: number): Promise<Echo> {
    const socket = dgram.createSocket({ type: "udp4", lookup: numericLookup });
    const listening = once(socket, "listening"); // before bind, which may listen at once because of numericLookup
    socket.bind(port, address);
    await listening; // rejects on an error
    return new Echo(socket, peerPort);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Measures one round trip. @returns µs; undefined: lost */
  ask(to: string): Promise<number | undefined> {
    const sequence = this.newSequence();
    const bytes = encodePacket({ kind: "question", session: this.session, sequence });
    return new Promise((settle) => {
      const timer = setTimeout(() => this.settle(sequence, undefined), LOST_AFTER_MS);
      this.asked.set(sequence, { to, atNs: process.hrtime.bigint(), settle, timer });
      // A packet that the kernel cannot send counts as lost as well.
      this.socket.send(bytes, this.peerPort ?? this.port, to, () => {});
    });
  }

  /** Random, so that the answer to a packet can be forged only by a host that has seen the packet. */
  private newSequence(): number {
    for (;;) {
      const sequence = randomInt(2 ** 32);
      if (!this.asked.has(sequence)) return sequence;
    }
  }

  close(): void {
    for (const sequence of [...this.asked.keys()]) this.settle(sequence, undefined);
    this.socket.close();
  }

  private receive(bytes: Buffer, from: dgram.RemoteInfo, nowNs: bigint): void {
    const packet = decodePacket(bytes);
    if (packet?.kind === "question") this.answer(packet, from);
    else if (packet?.session === this.session) {
      const asked = this.asked.get(packet.sequence);
      if (asked?.to === from.address) this.settle(packet.sequence, Number(nowNs - asked.atNs) / 1_000);
    }
  }

  private answer(packet: Packet, { address, port }: dgram.RemoteInfo): void {
    this.socket.send(encodePacket({ ...packet, kind: "answer" }), port, address, () => {});
  }

  private settle(sequence: number, us: number | undefined): void {
    const asked = this.asked.get(sequence);
    if (!asked) return;
    this.asked.delete(sequence);
    clearTimeout(asked.timer);
    asked.settle(us);
  }
}
