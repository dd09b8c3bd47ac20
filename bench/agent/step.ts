// A step as an agent has it, whichever its role.
import type { ConsumerReport, Prepared, ProducerReport, Totals } from "./protocol.ts";

/** What is measured, by intended time: [fromUs, toUs). */
export interface StepWindow {
  fromUs: number;
  toUs: number;
}

export interface AgentStep {
  /** Connects everything. */
  prepare(): Promise<Prepared>;
  start(atUs: number): void;
  measure(window: StepWindow): void;
  /** Called each second. */
  tick(): void;
  report(after: number): ProducerReport | ConsumerReport;
  /** Nothing more is scheduled. */
  stop(): void;
  collect(timeoutMs: number): Promise<Totals>;
  /** Ends all clients. Never fails. */
  close(): Promise<void>;
}
