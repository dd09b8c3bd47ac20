import { SwarmbenchError } from "../../contract/errors.ts";
import type { KafkaBroker } from "../../contract/target.ts";
import { addressOf } from "../clients/clientConfig.ts";
import { TimedOut, within } from "../clock.ts";
import { type JobContext, throttled } from "../job.ts";
import { reason } from "../reason.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
/** An attempt that takes longer is abandoned and repeated, since the broker may answer on a new connection. */
const ATTEMPT_MS = 15_000;

/** The options of {@link retryAll}. */
interface Rounds {
  brokers: KafkaBroker[];
  /** By `clock.now()`, ms. */
  deadline: number;
  context: JobContext;
  /** What the brokers should do, such as "to join". */
  what: string;
}

/**
 * Runs an attempt for all brokers in parallel, and repeats it for those that failed until all have succeeded.
 *
 * @throws SwarmbenchError `kafka-failed` with the brokers that did not succeed before the deadline
 */
export async function retryAll<T>(
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
          if (!(error instanceof TimedOut && failures.has(broker.id))) failures.set(broker.id, reason(error));
        }
      }),
    );
    const waiting = brokers.filter(({ id }) => !done.has(id));
    if (waiting.length === 0) return brokers.map(({ id }) => done.get(id) as T);
    if (context.clock.now() + pause > deadline) throw timeoutError(waiting, brokers, failures, what);
    const names = waiting.map((broker) => nameOf(broker, brokers));
    show(() => `waiting for ${names.join(", ")} ${what} (${failures.get(waiting[0]?.id ?? -1)})`);
    await context.clock.sleep(pause);
  }
}

function timeoutError(
  waiting: KafkaBroker[],
  all: KafkaBroker[],
  failures: Map<number, string>,
  what: string,
): SwarmbenchError {
  const causes = waiting.map((broker) => `${nameOf(broker, all)}: ${failures.get(broker.id)}`);
  const names = waiting.map((broker) => nameOf(broker, all));
  const refused = causes.every((cause) => /authentication|certificate/i.test(cause));
  const commands = waiting.map(({ host }) => `docker service ps ${host}`);
  return new SwarmbenchError(
    "kafka-failed",
    `Kafka is not ready: timed out waiting for ${names.join(", ")} ${what} (${causes.join("; ")})`,
    {
      hint: refused
        ? "The brokers use different passwords or certificates than this stack: run `pulumi refresh`, then `pulumi up`"
        : `See why on the manager: ${commands.join("; ")}`,
    },
  );
}

/** A broker's host, which on a swarm is its service's name; with the port if several brokers share the host. */
function nameOf(broker: KafkaBroker, all: KafkaBroker[]): string {
  const isOnly = all.every(({ id, host }) => id === broker.id || host !== broker.host);
  return isOnly ? broker.host : addressOf(broker);
}
