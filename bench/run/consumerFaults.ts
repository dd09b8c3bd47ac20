// Executes the faults of consumers. The runner does so itself, because it is what reaches the agents.
import { setTimeout as sleep } from "node:timers/promises";
import { announcedRecord, type FaultRecord } from "../../contract/faults.ts";
import type { FaultDue } from "../../contract/result.ts";
import type { MemberAnswer, MemberChange } from "../agent/protocol.ts";
import { unlessAborted } from "../clock.ts";
import { reason } from "../reason.ts";
import { type EventSink, instant } from "./events.ts";
import type { Worker } from "./workers.ts";

/** What a fault of a consumer needs. */
export interface ConsumerFaultScope {
  id: { run: string; step: number };
  /** The consumer tasks of the step, with their shares. */
  consumers: readonly Worker[];
  /** Seconds since 1970, by the runner's clock. */
  nowSec(): number;
  emit: EventSink;
  /** Ends the step. */
  signal: AbortSignal;
}

/**
 * One consumer of each group leaves or is killed at its time, and a new one joins when the fault is over. Emits a record of each. Never throws.
 *
 * @param number the consumer's, from 1
 */
export async function replaceConsumer(
  scope: ConsumerFaultScope,
  due: FaultDue,
  number: number,
): Promise<void> {
  const { id, consumers, nowSec, emit, signal } = scope;
  const { plannedSec, hit } = due;
  let record = announcedRecord(due);
  const put = (changes: Partial<FaultRecord>) => {
    record = { ...record, ...changes };
    emit({ event: "fault", at: instant(), record });
  };
  const waitUntil = (sec: number) => sleep(Math.max(0, (sec - nowSec()) * 1_000), undefined, { signal });
  const worker = consumers.find(({ share }) => number > share.first && number <= share.first + share.count);
  if (!worker) return put({ error: `no task has consumer ${number}` });
  const member = (change: MemberChange): Promise<MemberAnswer> =>
    unlessAborted(signal, worker.agent.client.member({ ...id, consumer: number - 1, change }));
  const failed = (error: unknown) => {
    // At the end of an abandoned step its agents close all consumers.
    const why = signal.aborted ? "the step ended before" : reason(error);
    put({ error: record.error === null ? why : `${record.error}; ${why}` });
  };
  try {
    await waitUntil(due.dueMs / 1_000);
    const { fromMs, toMs } = await member(due.fault === "consumer-kill" ? "kill" : "leave");
    put({ hit, startedAt: (fromMs + toMs) / 2, uncertainMs: (toMs - fromMs) / 2 });
  } catch (error) {
    failed(error);
    if (signal.aborted) return;
  }
  // Even if that failed: it may have left some of its groups.
  try {
    await waitUntil(due.dueMs / 1_000 + (plannedSec ?? 0));
    const { toMs } = await member("join");
    if (record.startedAt !== null) put({ endedAt: toMs });
  } catch (error) {
    failed(error);
  }
}
