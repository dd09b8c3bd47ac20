// The runner's side of the agents' protocol.
import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { AGENT_PORT, type AgentRole } from "../../contract/request.ts";
import { ask, HttpStatusError } from "../http.ts";
import { reason } from "../reason.ts";
import { bearer } from "../token.ts";
import type { StepId } from "./agent.ts";
import type { AgentPort } from "./port.ts";
import {
  type ConsumerReport,
  type Hello,
  helloSchema,
  type MemberAnswer,
  memberAnswerSchema,
  type memberSchema,
  PATHS,
  type Prepare,
  type Prepared,
  type ProducerReport,
  preparedSchema,
  reportSchema,
  type startSchema,
  type Tally,
  type Totals,
  tallySchema,
  totalsSchema,
  windowAnswerSchema,
  type windowSchema,
} from "./protocol.ts";

const TIMEOUT_MS = 10_000;
/** Allows for a thousand connections on busy machines. */
const PREPARE_TIMEOUT_MS = 120_000;
/** Added to the requested timeout, because the agent encodes millions of sequences into its answer. */
const COLLECT_SPARE_MS = 120_000;
const nothing = z.object({});

/** Sends requests to one agent over HTTP. */
export class AgentClient implements AgentPort {
  private readonly url: string;

  private readonly role: AgentRole;
  private readonly authorization: string;
  private readonly name: string;

  /**
   * @param address address of a task, with the port if it is not the default one
   * @param token the stack's token
   * @param name name of the agent in errors
   */
  constructor(address: string, role: AgentRole, token: string, name = address) {
    this.role = role;
    this.authorization = bearer(token);
    this.name = name;

    this.url = `http://${address.includes(":") ? address : `${address}:${AGENT_PORT}`}`;
  }

  hello(): Promise<Hello> {
    return this.ask(helloSchema, "GET", PATHS.hello, undefined, TIMEOUT_MS);
  }

  prepare(order: Prepare): Promise<Prepared> {
    return this.ask(preparedSchema, "POST", PATHS.prepare, order, PREPARE_TIMEOUT_MS);
  }

  async start(order: z.output<typeof startSchema>): Promise<void> {
    await this.ask(nothing, "POST", PATHS.start, order, TIMEOUT_MS);
  }

  async window(order: z.output<typeof windowSchema>): Promise<number | null> {
    return (await this.ask(windowAnswerSchema, "POST", PATHS.window, order, TIMEOUT_MS)).earliestUs;
  }

  member(order: z.output<typeof memberSchema>): Promise<MemberAnswer> {
    return this.ask(memberAnswerSchema, "POST", PATHS.member, order, PREPARE_TIMEOUT_MS);
  }

  tally({ run, step }: StepId): Promise<Tally> {
    const query = new URLSearchParams({ run, step: String(step) });
    return this.ask(tallySchema, "GET", `${PATHS.tally}?${query}`, undefined, COLLECT_SPARE_MS);
  }

  report({ run, step }: StepId, after: number): Promise<ProducerReport | ConsumerReport> {
    const query = new URLSearchParams({ run, step: String(step), after: String(after) });
    return this.ask(reportSchema, "GET", `${PATHS.report}?${query}`, undefined, TIMEOUT_MS);
  }

  async stop(id: StepId): Promise<void> {
    await this.ask(nothing, "POST", PATHS.stop, id, TIMEOUT_MS);
  }

  collect(order: StepId & { timeoutMs: number }): Promise<Totals> {
    return this.ask(totalsSchema, "POST", PATHS.collect, order, COLLECT_SPARE_MS + order.timeoutMs);
  }

  private async ask<S extends z.ZodType>(
    schema: S,
    method: "GET" | "POST",
    path: string,
    json: object | undefined,
    timeoutMs: number,
  ): Promise<z.output<S>> {
    try {
      return await ask(schema, this.url, path, {
        method,
        timeoutMs,
        json,
        authorization: this.authorization,
      });
    } catch (error) {
      const failure = error instanceof HttpStatusError ? "rejected a request" : "does not answer";
      throw new SwarmbenchError(
        "agent-failed",
        `agent ${this.name} (${this.role}) ${failure}: ${reason(error)}`,
        { hint: `On the manager see: docker service ps ${this.role}s`, cause: error },
      );
    }
  }
}
