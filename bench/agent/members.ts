// The consumers of one group that a task runs. They can leave the group or be killed, and join it again (benchmark.faults).
import type { ConsumerPort } from "../clients/port.ts";
import { added } from "../measure/account.ts";
import { inBatches } from "./inBatches.ts";

/** Concurrent connection attempts: a broker's listen backlog holds 50. */
const CONNECT_CONCURRENCY = 50;

/** A task's share of the consumers of one group. */
export class Members {
  /** By number in the group, from 0. Absent: it has left or was killed, or has not joined yet. */
  private readonly ports = new Map<number, ConsumerPort>();
  /** Those that are about to join. */
  private readonly joining = new Map<number, Promise<void>>();
  /** Counts of those that have left or were killed. */
  private past = { joins: 0, errors: {} as Record<string, number> };
  private closed = false;

  private readonly connect: (index: number) => Promise<ConsumerPort>;

  /** @param connect connects a consumer by its number; resolves when it has joined */
  constructor(connect: (index: number) => Promise<ConsumerPort>) {
    this.connect = connect;
  }

  /** @throws the first error of a client that cannot join */
  async joinAll(indexes: readonly number[]): Promise<void> {
    await inBatches(indexes, CONNECT_CONCURRENCY, (index) => this.join(index));
  }

  /** A member, or one that is about to join, stays as it is. @throws any error of the client */
  join(index: number): Promise<void> {
    if (this.ports.has(index)) return Promise.resolve();
    return this.joining.get(index) ?? this.open(index);
  }

  private open(index: number): Promise<void> {
    const opening = (async () => {
      const port = await this.connect(index);
      if (this.closed) await port.close();
      else this.ports.set(index, port);
    })().finally(() => this.joining.delete(index));
    this.joining.set(index, opening);
    return opening;
  }

  /** @throws any error of the client; it is no member then either */
  leave(index: number): Promise<void> {
    return this.remove(index, (port) => port.leave());
  }

  /** It stays a member for its group until the session timeout. @throws any error of the client; it is closed then */
  kill(index: number): Promise<void> {
    return this.remove(index, (port) => port.kill());
  }

  private async remove(index: number, end: (port: ConsumerPort) => Promise<void>): Promise<void> {
    if (this.joining.has(index)) throw new Error("it has not joined its group yet");
    const port = this.ports.get(index);
    if (!port) return;
    try {
      await end(port);
    } catch (error) {
      // Clients join again by themselves otherwise.
      await port.close().catch(() => {});
      throw error;
    } finally {
      // Only now, so that the counts of all never fall.
      this.ports.delete(index);
      this.past = {
        joins: this.past.joins + port.joins(),
        errors: added([this.past.errors, port.errors()]),
      };
    }
  }

  /** The partitions of a member's topic that are assigned to it, by the member's number. */
  assigned(): [index: number, partitions: number[]][] {
    return [...this.ports].map(([index, port]) => [index, port.assigned()]);
  }

  /** How often they joined the group, the first time included. */
  joins(): number {
    return [...this.ports.values()].reduce((sum, port) => sum + port.joins(), this.past.joins);
  }

  /** Number of errors by kind. */
  errors(): Record<string, number> {
    return added([this.past.errors, ...[...this.ports.values()].map((port) => port.errors())]);
  }

  /** Never fails. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled([...this.ports.values()].map((port) => port.close()));
  }
}
