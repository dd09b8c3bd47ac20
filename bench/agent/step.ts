// The interface of an agent's step, common to both roles.
import type { ConsumerReport, MemberChange, Prepared, ProducerReport, Tally, Totals } from "./protocol.ts";

/** The measurement window: intended times in [fromUs, toUs), µs since 1970. */
export interface StepWindow {
  fromUs: number;
  toUs: number;
}

/** One step of an agent. */
export interface AgentStep {
  /** Connects all clients. */
  prepare(): Promise<Prepared>;
  /** Starts to send. @param atUs µs since 1970 */
  start(atUs: number): void;
  /**
   * Sets or replaces the measurement window.
   *
   * @returns undefined if the window is set; otherwise the earliest possible start, µs since 1970, and nothing is set
   */
  measure(window: StepWindow): number | undefined;
  /**
   * One consumer of each group leaves it or is killed, or a new one joins in its place. In a group where it has done so already,
   * nothing happens.
   *
   * @param consumer its number in its group, from 0
   * @throws HttpError 409 if the step has no such consumer, or it cannot leave or join a group
   */
  member(consumer: number, change: MemberChange): Promise<void>;
  /** Called each second. */
  tick(): void;
  /** Progress, with the seconds that follow the first `after` ones. */
  report(after: number): ProducerReport | ConsumerReport;
  /** The sequences that were acknowledged or received so far. */
  tally(): Tally;
  /** Stops scheduling messages. */
  stop(): void;
  /** The totals of the step. Producers first wait up to the timeout for messages in flight. */
  collect(timeoutMs: number): Promise<Totals>;
  /** Closes all clients. Never fails. */
  close(): Promise<void>;
}
