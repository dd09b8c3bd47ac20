import type { KafkaBroker } from "../../contract/target.ts";
import { addressOf } from "../clients/clientConfig.ts";
import { TookTooLong, within } from "../clock.ts";
import { type JobContext, throttled } from "../job.ts";
import { Problem, reason } from "../problem.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
/** An attempt that takes longer is given up; the next one may find the broker awake. */
const ATTEMPT_MS = 15_000;

export interface Rounds {
  brokers: KafkaBroker[];
  /** As `clock.now()` counts. */
  deadline: number;
  context: JobContext;
  /** What is waited for, such as "to answer". */
  what: string;
}

/**
 * Attempts something with each broker until it has succeeded with all, all at once and again for those that failed.
 *
 * @throws Problem that names the brokers that it did not succeed with in time
 */
export async function throughAll<T>(
  rounds: Rounds,
  attempt: (broker: KafkaBroker) => Promise<T>,
): Promise<T[]> {
  const { brokers, deadline, context, what } = rounds;
  const done = new Map<number, T>();
  const failures = new Map<number, string>();
  const show = throttled(context);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const left = brokers.filter(({ id }) => !done.has(id));
    await Promise.all(
      left.map(async (broker) => {
        const ms = Math.max(1, Math.min(ATTEMPT_MS, deadline - context.clock.now()));
        try {
          done.set(broker.id, await within(ms, "the attempt", attempt(broker)));
        } catch (error) {
          if (!(error instanceof TookTooLong && failures.has(broker.id)))
            failures.set(broker.id, reason(error));
        }
      }),
    );
    const waiting = brokers.filter(({ id }) => !done.has(id));
    if (waiting.length === 0) return brokers.map(({ id }) => done.get(id) as T);
    if (context.clock.now() + pause > deadline) throw outOfTime(waiting, brokers, failures, what);
    const names = waiting.map((broker) => nameOf(broker, brokers));
    show(() => `waiting for ${names.join(", ")} ${what} (${failures.get(waiting[0]?.id ?? -1)})`);
    await context.clock.sleep(pause);
  }
}

function outOfTime(
  waiting: KafkaBroker[],
  all: KafkaBroker[],
  failures: Map<number, string>,
  what: string,
): Problem {
  const causes = waiting.map((broker) => `${nameOf(broker, all)}: ${failures.get(broker.id)}`);
  const names = waiting.map((broker) => nameOf(broker, all));
  const refused = causes.every((cause) => /authentication|certificate/i.test(cause));
  return new Problem(
    `Kafka is not ready: ${names.join(", ")} did not come ${what} in time (${causes.join("; ")})`,
    refused
      ? "The brokers have other passwords or certificates than this stack: run `pulumi refresh`, then `pulumi up`"
      : `See how it fares on the manager: ${waiting.map(({ host }) => `docker service ps ${host}`).join("; ")}`,
  );
}

/** A broker's host, which on a swarm is its service's name; with the port where several have one host. */
export function nameOf(broker: KafkaBroker, all: KafkaBroker[]): string {
  const isOnly = all.every(({ id, host }) => id === broker.id || host !== broker.host);
  return isOnly ? broker.host : addressOf(broker);
}
