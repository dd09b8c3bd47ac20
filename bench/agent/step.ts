// The interface of an agent's step, common to both roles.
import type { ConsumerReport, Prepared, ProducerReport, Totals } from "./protocol.ts";

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
  measure(window: StepWindow): void;
  /** Called each second. */
  tick(): void;
  report(after: number): ProducerReport | ConsumerReport;
  /** Stops scheduling messages. */
  stop(): void;
  collect(timeoutMs: number): Promise<Totals>;
  /** Closes all clients. Never fails. */
  close(): Promise<void>;
}
