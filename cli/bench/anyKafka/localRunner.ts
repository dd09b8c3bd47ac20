// Runs the runner in this process instead of in a container on a swarm.
import { setTimeout as sleep } from "node:timers/promises";
import { realClock } from "../../../bench/clock.ts";
import { removeGroups, removeTopics, topicsWithPrefix } from "../../../bench/kafka/topics.ts";
import { LocalFleet } from "../../../bench/local/fleet.ts";
import { instant } from "../../../bench/run/events.ts";
import { Runner } from "../../../bench/run/runner.ts";
import { describeError, EXIT } from "../../../contract/errors.ts";
import type { RunRequest } from "../../../contract/request.ts";
import type { RunEvent } from "../../../contract/result.ts";
import type { Container } from "../container.ts";

/** Attempts to delete the topics of a run, and the pause between two. */
const CLEAN_UPS = 3;
const PAUSE_MS = 2_000;

/** Runs a benchmark in this process, with agents that run as processes on this machine. */
export class LocalRunner implements Container {
  private readonly stopping = new AbortController();
  private request: RunRequest | undefined;
  private code: number = EXIT.done;
  private readonly warnings: readonly string[];

  /** @param warnings what the run cannot measure, recorded in its results */
  constructor(warnings: readonly string[]) {
    this.warnings = warnings;
  }

  /** There is never a runner of an earlier command. */
  async find(): Promise<undefined> {}

  /** @param input the request as JSON */
  async start(input: string): Promise<void> {
    this.request = JSON.parse(input) as RunRequest;
    this.code = EXIT.done;
  }

  /** Runs to the end. The topics of the run are deleted and its processes ended, however it ends. @returns 0 */
  async follow(event: (line: string) => void, progress: (line: string) => void): Promise<number> {
    const { request } = this;
    if (!request) throw new Error("the run has not been started");
    const emit = (each: RunEvent) => {
      event(JSON.stringify(each));
      if (each.event !== "run") return;
      for (const text of this.warnings) event(JSON.stringify({ event: "warning", at: instant(), text }));
    };
    const fleet = new LocalFleet(request.target);
    const context = { clock: realClock, signal: this.stopping.signal, progress };
    try {
      emit(await new Runner(request, context, emit, fleet).run());
    } catch (error) {
      this.code = EXIT.failed;
      if (!this.stopping.signal.aborted) progress(`error: ${describeError(error)}`);
    } finally {
      await fleet.close();
      await cleanUp(request, progress);
    }
    return EXIT.done;
  }

  async exitCode(): Promise<number> {
    return this.code;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
  }

  async remove(): Promise<void> {} // nothing is left of a run in this process

  /** None: the brokers' machines are unknown. */
  async machines(): Promise<[]> {
    return [];
  }
}

/** Deletes the run's topics and groups, and reports what it could not delete. */
async function cleanUp(
  { run, target: { kafka, prefix = "" } }: RunRequest,
  progress: (line: string) => void,
): Promise<void> {
  const own = `${prefix}${run}-`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await removeTopics(kafka, await topicsWithPrefix(kafka, own));
      await removeGroups(kafka, own).catch(() => {}); // brokers delete groups without members and offsets themselves
      return;
    } catch (error) {
      if (attempt < CLEAN_UPS) await sleep(PAUSE_MS);
      else {
        progress(
          `warning: topics of this run may remain: ${(error as Error).message}. Delete those whose names begin with ${own}`,
        );
        return;
      }
    }
  }
}
