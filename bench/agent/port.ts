// How the runner reaches an agent: over HTTP if it is a task of a stack (client.ts), over a channel if it is a process on this
// machine (bench/local/process.ts).
import type { z } from "zod";
import type { Agent, StepId } from "./agent.ts";
import type {
  ConsumerReport,
  Hello,
  MemberAnswer,
  memberSchema,
  Prepare,
  Prepared,
  ProducerReport,
  startSchema,
  Tally,
  Totals,
  windowSchema,
} from "./protocol.ts";

/** What the runner asks of one agent. Every method fails with SwarmbenchError `agent-failed`, which names the agent. */
export interface AgentPort {
  hello(): Promise<Hello>;
  /** Connects everything for a step. */
  prepare(order: Prepare): Promise<Prepared>;
  /** Producers start to send. */
  start(order: z.output<typeof startSchema>): Promise<void>;
  /** @returns the earliest possible start if messages of the window have been sent already; then nothing is set */
  window(order: z.output<typeof windowSchema>): Promise<number | null>;
  /** One consumer of each group leaves it or is killed, or a new one joins in its place. */
  member(order: z.output<typeof memberSchema>): Promise<MemberAnswer>;
  /** What was acknowledged or received so far. */
  tally(id: StepId): Promise<Tally>;
  /** Progress, with the seconds after the first `after` ones. */
  report(id: StepId, after: number): Promise<ProducerReport | ConsumerReport>;
  /** Stops scheduling messages. */
  stop(id: StepId): Promise<void>;
  /** Returns the step's totals and closes the step. */
  collect(order: StepId & { timeoutMs: number }): Promise<Totals>;
}

/** An agent of this process. Its errors are those of the agent itself. */
export function portOf(agent: Agent): AgentPort {
  return {
    hello: async () => agent.hello(),
    prepare: (order) => agent.prepare(order),
    start: async ({ atUs, ...id }) => agent.start(id, atUs),
    window: async ({ fromUs, toUs, ...id }) => agent.measure(id, { fromUs, toUs }).earliestUs,
    member: ({ consumer, change, ...id }) => agent.member(id, consumer, change),
    tally: async (id) => agent.tally(id),
    report: async (id, after) => agent.report(id, after),
    stop: async (id) => agent.stop(id),
    collect: ({ timeoutMs, ...id }) => agent.collect(id, timeoutMs),
  };
}
