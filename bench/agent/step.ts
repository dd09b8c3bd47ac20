// The interface of an agent's step, common to both roles.
import type { ConsumerReport, Prepared, ProducerReport, Tally, Totals } from "./protocol.ts";

/** The measurement window: intended times in [fromUs, toUs), µs since 1970. */
export interface StepWindow {
  fromUs: number;
  toUs: number;
}

/** One step of an agent. */
export interface AgentStep {
  /** Connects all clients. */
  prepare(): Promise<Prepared>;
  start(atUs: number): void;
  /**
   * Sets the measurement window, or another one.
   *
   * @returns the earliest possible start, µs since 1970, since the window could not be set; undefined: it is set
   */
  measure(window: StepWindow): number | undefined;
  /** Called each second. */
  tick(): void;
  report(after: number): ProducerReport | ConsumerReport;
  /** What was acknowledged or received so far. */
  tally(): Tally;
  /** Stops scheduling messages. */
  stop(): void;
  collect(timeoutMs: number): Promise<Totals>;
  /** Closes all clients. Never fails. */
  close(): Promise<void>;
}
