// The agent without its HTTP interface. It works on one step of one run at a time.
import { type Client, clientOf, KAFKA_CLIENTS } from "../../contract/clients.ts";
import type { AgentRole } from "../../contract/request.ts";
import type { KafkaSecrets } from "../../contract/target.ts";
import { consumersInGroup } from "../../contract/topics.ts";
import type { ClientAdapter } from "../clients/port.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { runMark } from "../load/message.ts";
import { SelfWatch } from "../measure/self.ts";
import { reason } from "../reason.ts";
import type { WallClock } from "../wallClock.ts";
import { ConsumerStep } from "./consumerStep.ts";
import { badRequest, conflict } from "./errors.ts";
import { type Fault, Skipper } from "./fault.ts";
import { machine } from "./machine.ts";
import { ProducerStep } from "./producerStep.ts";
import {
  type ConsumerReport,
  type Hello,
  MAX_AHEAD_US,
  ORPHANED_AFTER_MS,
  PROTOCOL_VERSION,
  type Prepare,
  type Prepared,
  type PrepareWithSecrets,
  type ProducerReport,
  type Tally,
  type Totals,
} from "./protocol.ts";
import type { AgentStep, StepWindow } from "./step.ts";

/** The monotonic clock drifts from a synchronised wall clock by about 1 µs per second. */
const RESYNC_EVERY_SEC = 10;

/** Identifies a step. */
export interface StepId {
  run: string;
  step: number;
}

/** Who an agent is. */
interface AgentIdentity {
  role: AgentRole;
  task: string;
  node: string;
  /** See {@link Hello}. */
  faults: string[];
  /** Messages that it skips on purpose. */
  fault?: Fault | undefined;
}

interface Current {
  id: StepId;
  step: AgentStep;
  ready: boolean;
  /** Defined if the agent skips messages on purpose. */
  skipper: Skipper | undefined;
  window: StepWindow | undefined;
}

/** What an agent may have beside what it is. */
interface AgentOptions {
  /** Kafka's password, and the client's certificate; absent: the brokers ask for none. */
  kafkaSecrets?: KafkaSecrets | undefined;
  /** @default {@link ORPHANED_AFTER_MS} */
  orphanedAfterMs?: number | undefined;
}

/** The client that consumes the agent's own messages. It is not measured, so it may differ from the run's client. */
const OWN_MESSAGES_CLIENT = KAFKA_CLIENTS.find((name) => clientOf(name).partitionSubset) as Client;

/** Loads the adapter of a client. Passed as a parameter for tests. */
type AdapterOf = (client: Client) => Promise<ClientAdapter>;

/** A task of the producer or consumer service. Its errors are {@link HttpError}s, which the server sends to the runner. */
export class Agent {
  private current: Current | undefined;
  private readonly self = new SelfWatch();
  private ticks = 0;
  private polledAt = performance.now();
  private readonly timer: NodeJS.Timeout;

  private readonly identity: AgentIdentity;
  private readonly clock: WallClock;
  private readonly adapterOf: AdapterOf;
  private readonly exchange: Exchange;
  private readonly kafkaSecrets: KafkaSecrets;
  private readonly orphanedAfterMs: number;

  constructor(
    identity: AgentIdentity,
    clock: WallClock,
    adapterOf: AdapterOf,
    exchange: Exchange,
    { kafkaSecrets = {}, orphanedAfterMs = ORPHANED_AFTER_MS }: AgentOptions = {},
  ) {
    this.identity = identity;
    this.clock = clock;
    this.adapterOf = adapterOf;
    this.exchange = exchange;
    this.kafkaSecrets = kafkaSecrets;
    this.orphanedAfterMs = orphanedAfterMs;

    this.timer = setInterval(() => this.tick(), 1_000);
  }

  /** Once a second. */
  private tick(): void {
    this.ticks += 1;
    if (this.ticks % RESYNC_EVERY_SEC === 0) this.clock.resync();
    if (!this.current) return;
    if (this.current.ready) this.current.step.tick();
    // Not while it prepares: then the runner is waiting for the answer.
    if (this.current.ready && performance.now() - this.polledAt > this.orphanedAfterMs) void this.free();
  }

  /** Who it is and what it is working on. */
  hello(): Hello {
    const run = this.current?.id.run ?? null;
    const { fault: _, ...identity } = this.identity;
    return {
      protocol: PROTOCOL_VERSION,
      ...identity,
      run,
      machine: machine(),
      versions: { node: process.versions.node },
      exchangePort: this.exchange.port,
    };
  }

  /**
   * Connects everything for a step. Ends an earlier step of the same run.
   *
   * @throws HttpError 400 if its share is no part of the workload; 409 if it works on another run or step, or cannot connect
   */
  async prepare(request: Prepare): Promise<Prepared> {
    const { run, step } = request;
    if (this.current && this.current.id.run !== run)
      throw conflict(`the agent is busy with run ${this.current.id.run}`);
    if (this.current && !this.current.ready)
      throw conflict(`the agent is already preparing step ${this.current.id.step}`);
    const order = this.withSecrets(request);
    const { role, fault } = this.identity;
    refuseShare(role, order);
    const skipper = fault && new Skipper(fault.every, { run: runMark(run), step });
    const client = await this.adapterOf(order.workload.client);
    const adapter = skipper ? skipper.wrap(client) : client;
    await this.free();
    const agentStep =
      role === "producer"
        ? new ProducerStep(order, adapter, this.clock, this.self, await this.adapterOf(OWN_MESSAGES_CLIENT))
        : new ConsumerStep(order, adapter, this.clock, this.self);
    const current: Current = { id: { run, step }, step: agentStep, ready: false, skipper, window: undefined };
    this.current = current;
    try {
      const prepared = await agentStep.prepare();
      current.ready = true;
      this.exchange.watch(order.peers);
      this.polled();
      return prepared;
    } catch (error) {
      await this.free();
      throw conflict(`the ${role}s cannot connect: ${reason(error)}`);
    }
  }

  /** @throws HttpError 409 if the brokers ask for a password and the agent has none */
  private withSecrets({ kafka, ...order }: Prepare): PrepareWithSecrets {
    const { password, certificate } = this.kafkaSecrets;
    const needed = kafka.security.protocol.startsWith("SASL_");
    if (needed && password === undefined)
      throw conflict("the agent has no password for these brokers: bring the agents up to date: pulumi up");
    return {
      ...order,
      kafka: {
        ...kafka,
        security: {
          ...kafka.security,
          ...(needed ? { password } : {}),
          ...(certificate ? { certificate } : {}),
        },
      },
    };
  }

  /**
   * Starts to send.
   *
   * @param atUs µs since 1970
   * @throws HttpError 400 if that is not about now
   */
  start(id: StepId, atUs: number): void {
    const step = this.stepOf(id);
    this.refuseFarFromNow("start", atUs);
    step.start(atUs);
  }

  /**
   * Sets the measurement window. A later one of the same length replaces it; the same window again changes nothing.
   *
   * @returns the earliest possible start if messages of the window have been sent already; then nothing is set
   * @throws HttpError 400 if it does not begin about now, 409 if the step has a window that it cannot replace
   */
  measure(id: StepId, window: StepWindow): { earliestUs: number | null } {
    const step = this.stepOf(id);
    const before = this.current?.window;
    if (before?.fromUs === window.fromUs && before.toUs === window.toUs) return { earliestUs: null };
    const isLater = !before || window.fromUs > before.fromUs;
    if (!isLater || (before && window.toUs - window.fromUs !== before.toUs - before.fromUs))
      throw conflict("the step has another measurement window already");
    this.refuseFarFromNow("window", window.fromUs);
    const earliestUs = step.measure(window) ?? null;
    if (this.current && earliestUs === null) this.current.window = window;
    return { earliestUs };
  }

  /** A schedule from a time long ago would have millions of messages due at once. */
  private refuseFarFromNow(what: string, us: number): void {
    const aheadUs = us - this.clock.nowUs();
    if (Math.abs(aheadUs) <= MAX_AHEAD_US) return;
    throw badRequest(
      `${what}: ${Math.round(aheadUs / 1e6)} s from the agent's clock, and ${MAX_AHEAD_US / 1e6} s at most are accepted`,
    );
  }

  /** Progress, with the seconds after the first `after` ones. */
  report(id: StepId, after: number): ProducerReport | ConsumerReport {
    return this.stepOf(id).report(after);
  }

  /** What was acknowledged or received so far. */
  tally(id: StepId): Tally {
    return this.stepOf(id).tally();
  }

  /** Stops scheduling messages. */
  stop(id: StepId): void {
    this.stepOf(id).stop();
  }

  /** Returns the step's totals and closes the step. Waits up to the timeout for messages in flight. */
  async collect(id: StepId, timeoutMs: number): Promise<Totals> {
    const step = this.stepOf(id);
    const [totals] = await Promise.all([step.collect(timeoutMs), this.exchange.burst()]);
    const clocks = this.exchange.findings();
    const { skipper, window } = this.current ?? {};
    await this.free();
    if (!skipper || totals.role !== "consumer") return { ...totals, clocks };
    return { ...totals, clocks, skipped: window ? skipper.countIn(window) : 0 };
  }

  private stepOf({ run, step }: StepId): AgentStep {
    const { current } = this;
    if (!current) throw conflict("the agent has no step: it restarted, or was not polled for too long");
    if (current.id.run !== run || current.id.step !== step) {
      throw conflict(`the agent is at step ${current.id.step} of run ${current.id.run}`);
    }
    this.polled();
    return current.step;
  }

  private polled(): void {
    this.polledAt = performance.now();
  }

  private async free(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    this.exchange.unwatch();
    await current?.step.close();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.self.close();
    await this.free();
    this.exchange.close();
  }
}

/** @throws HttpError 400 if a task is to run more clients than the whole step has */
function refuseShare(role: AgentRole, { share: { first, count }, workload }: PrepareWithSecrets): void {
  const all = role === "producer" ? workload.producers : consumersInGroup(workload);
  if (first + count > all)
    throw badRequest(`share: ends at ${first + count}, and the step has ${all} ${role}s`);
}
