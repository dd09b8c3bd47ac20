// For tests: SWARMBENCH_FAULT=skip:N in the environment of a consumer task makes it skip every N-th message of each producer.
// With it, `npm run calibrate` checks that lost messages are counted. The fault appears in the agent's hello, the run's
// warnings and the step's reasons, so that such a run cannot be mistaken for a measurement.
import type { AgentRole } from "../../contract/request.ts";
import type { ClientAdapter } from "../clients/port.ts";
import { readStamp, type Stamp } from "../load/message.ts";

/** Messages that a consumer task skips on purpose. */
export interface Fault {
  /** The fault as it was set. */
  text: string;
  /** Every n-th message of each producer is skipped. */
  every: number;
}

/** The environment variable that sets an agent's fault, for tests. */
export const FAULT_VARIABLE = "SWARMBENCH_FAULT";

/** Parses the value of {@link FAULT_VARIABLE}. @throws Error if it is invalid, or if the role is not consumer */
export function readFault(role: AgentRole, text: string | undefined): Fault | undefined {
  if (text === undefined || text === "") return undefined;
  const every = Number(/^skip:(\d+)$/.exec(text)?.[1]);
  if (!(every >= 1)) throw new Error(`${FAULT_VARIABLE}=${text}: expected skip:N, such as skip:100`);
  if (role !== "consumer") throw new Error(`${FAULT_VARIABLE}=${text}: only consumers can skip messages`);
  return { text, every };
}

/** Skips messages of one step. Selects them by their sequence numbers, so that a repeated message is skipped again. */
export class Skipper {
  /** Intended time, µs, by producer and sequence. */
  private readonly skipped = new Map<string, number>();
  private readonly stamp: Stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };

  private readonly every: number;
  private readonly target: Pick<Stamp, "run" | "step">;

  /** @param target run and step whose messages are skipped */
  constructor(every: number, target: Pick<Stamp, "run" | "step">) {
    this.every = every;
    this.target = target;
  }

  /** An adapter whose consumers do not get the skipped messages. */
  wrap(adapter: ClientAdapter): ClientAdapter {
    return {
      ...adapter,
      connectConsumer: (target, clientId, options, nowUs, receive) =>
        adapter.connectConsumer(target, clientId, options, nowUs, (batch) => {
          const kept = batch.values.map((value) => !this.skips(value));
          receive({
            ...batch,
            values: batch.values.filter((_, index) => kept[index]),
            offsets: batch.offsets.filter((_, index) => kept[index]),
          });
        }),
    };
  }

  private skips(value: Buffer): boolean {
    const { stamp, target, every } = this;
    if (!readStamp(value, stamp) || stamp.run !== target.run || stamp.step !== target.step) return false;
    if (stamp.sequence % every !== every - 1) return false;
    this.skipped.set(`${stamp.producer}:${stamp.sequence}`, stamp.intendedUs);
    return true;
  }

  /** Number of skipped messages in a window of intended times, µs. */
  countIn({ fromUs, toUs }: { fromUs: number; toUs: number }): number {
    return [...this.skipped.values()].filter((us) => us >= fromUs && us < toUs).length;
  }
}
