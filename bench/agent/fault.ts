// A door for tests: SWARMBENCH_FAULT=skip:N in a consumer task's environment makes it leave out every N-th message of each
// producer, so that `npm run calibrate` can check that what is lost is counted. It is told in the agent's hello, in the
// run's warnings and in the step's reasons: no such run can be taken for a measurement.
import type { AgentRole } from "../../contract/request.ts";
import type { ClientAdapter } from "../clients/port.ts";
import { readStamp, type Stamp } from "../load/message.ts";

export interface Fault {
  /** As it was given. */
  text: string;
  every: number;
}

export const FAULT_VARIABLE = "SWARMBENCH_FAULT";

/** @throws Error for what is no fault, or none of this role */
export function readFault(role: AgentRole, text: string | undefined): Fault | undefined {
  if (text === undefined || text === "") return undefined;
  const every = Number(/^skip:(\d+)$/.exec(text)?.[1]);
  if (!(every >= 1)) throw new Error(`${FAULT_VARIABLE}=${text}: expected skip:N, such as skip:100`);
  if (role !== "consumer")
    throw new Error(`${FAULT_VARIABLE}=${text}: only consumers can leave messages out`);
  return { text, every };
}

/** The messages of one step that are left out: by their own numbers, so that one that comes twice is left out twice. */
export class Skipper {
  /** Intended time, µs, by producer and sequence. */
  private readonly skipped = new Map<string, number>();
  private readonly stamp: Stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };

  private readonly every: number;
  private readonly of: Pick<Stamp, "run" | "step">;

  constructor(every: number, of: Pick<Stamp, "run" | "step">) {
    this.every = every;
    this.of = of;
  }

  /** The client, but for these messages. */
  wrap(adapter: ClientAdapter): ClientAdapter {
    return {
      ...adapter,
      connectConsumer: (target, clientId, options, nowUs, receive) =>
        adapter.connectConsumer(target, clientId, options, nowUs, (partition, values, receivedUs) =>
          receive(
            partition,
            values.filter((value) => !this.skips(value)),
            receivedUs,
          ),
        ),
    };
  }

  private skips(value: Buffer): boolean {
    const { stamp, of, every } = this;
    if (!readStamp(value, stamp) || stamp.run !== of.run || stamp.step !== of.step) return false;
    if (stamp.sequence % every !== every - 1) return false;
    this.skipped.set(`${stamp.producer}:${stamp.sequence}`, stamp.intendedUs);
    return true;
  }

  countIn({ fromUs, toUs }: { fromUs: number; toUs: number }): number {
    return [...this.skipped.values()].filter((us) => us >= fromUs && us < toUs).length;
  }
}
