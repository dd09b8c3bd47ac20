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
  type MemberAnswer,
  type MemberChange,
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

/** Time between two resyncs of the clock. The monotonic clock drifts from a synchronised wall clock by about 1 µs per second. */
const RESYNC_EVERY_SEC = 10;

/** Identifies a step. */
export interface StepId {
  run: string;
  step: number;
}

/** The identity of an agent. */
interface AgentIdentity {
  role: AgentRole;
  task: string;
  node: string;
  /** See {@link Hello}. */
  faults: string[];
  /** Which messages it skips on purpose; absent: none. */
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

/** Optional settings of an agent. */
interface AgentOptions {
  /** Kafka's password, and the client's certificate; absent: the brokers require none. */
  kafkaSecrets?: KafkaSecrets | undefined;
  /** @default {@link ORPHANED_AFTER_MS} */
  orphanedAfterMs?: number | undefined;
}

/** The client that consumes the agent's own messages. It is not measured, so it may differ from the run's client. */
const OWN_MESSAGES_CLIENT = KAFKA_CLIENTS.find((name) => clientOf(name).partitionSubset) as Client;

/** Loads the adapter of a client. A parameter, so that tests can replace it. */
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
    // While it prepares, the runner waits for the answer and does not poll.
    if (this.current.ready && performance.now() - this.polledAt > this.orphanedAfterMs) void this.free();
  }

  /** Its identity, and the run that it is working on. */
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
   * @throws HttpError 400 if its share exceeds the workload; 409 if it works on another run or step, or cannot connect
   */
  async prepare(request: Prepare): Promise<Prepared> {
    const { run, step } = request;
    if (this.current && this.current.id.run !== run)
      throw conflict(`the agent is busy with run ${this.current.id.run}`);
    if (this.current && !this.current.ready)
      throw conflict(`the agent is already preparing step ${this.current.id.step}`);
    const order = this.withSecrets(request);
    const { role, fault } = this.identity;
    checkShare(role, order);
    const skipper = fault && new Skipper(fault.every, { run: runMark(run), step });
    const client = await this.adapterOf(order.workload.client);
    const adapter = skipper ? skipper.wrap(client) : client;
    await this.free();
    // The runner does the same before a step: if the machine's date is set between two steps, both see it.
    this.clock.resync();
    const agentStep =
      role === "producer"
        ? new ProducerStep(order, adapter, this.clock, this.self, await this.adapterOf(OWN_MESSAGES_CLIENT))
        : new ConsumerStep(order, adapter, this.clock, this.self);
    const current: Current = { id: { run, step }, step: agentStep, ready: false, skipper, window: undefined };
    this.current = current;
    this.self.start();
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

  /** @throws HttpError 409 if the brokers require a password and the agent has none */
  private withSecrets({ kafka, ...order }: Prepare): PrepareWithSecrets {
    const { password, certificate } = this.kafkaSecrets;
    const needed = kafka.security.protocol.startsWith("SASL_");
    if (needed && password === undefined)
      throw conflict("the agent has no password for these brokers; run pulumi up to update the agents");
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
   * @throws HttpError 400 if that is more than {@link MAX_AHEAD_US} from the agent's clock
   */
  start(id: StepId, atUs: number): void {
    const step = this.stepOf(id);
    this.checkNearNow("start", atUs);
    step.start(atUs);
  }

  /**
   * Sets the measurement window. A later one of the same length replaces it; the same window again changes nothing.
   *
   * @returns the earliest possible start if messages of the window have already been sent, in which case nothing is set
   * @throws HttpError 400 if it begins more than {@link MAX_AHEAD_US} from the agent's clock, 409 if the step has a window that it
   *   cannot replace
   */
  measure(id: StepId, window: StepWindow): { earliestUs: number | null } {
    const step = this.stepOf(id);
    const previous = this.current?.window;
    if (previous?.fromUs === window.fromUs && previous.toUs === window.toUs) return { earliestUs: null };
    const isLater = !previous || window.fromUs > previous.fromUs;
    if (!isLater || (previous && window.toUs - window.fromUs !== previous.toUs - previous.fromUs))
      throw conflict("the step already has another measurement window");
    this.checkNearNow("window", window.fromUs);
    const earliestUs = step.measure(window) ?? null;
    if (this.current && earliestUs === null) this.current.window = window;
    return { earliestUs };
  }

  /**
   * One consumer of each group leaves it or is killed, or a new one joins in its place. In a group where it has done so already,
   * nothing happens.
   *
   * @throws HttpError 409 if the step has no such consumer, or it cannot leave or join a group
   */
  async member(id: StepId, consumer: number, change: MemberChange): Promise<MemberAnswer> {
    const step = this.stepOf(id);
    const fromMs = this.clock.nowUs() / 1_000;
    await step.member(consumer, change);
    return { fromMs, toMs: this.clock.nowUs() / 1_000 };
  }

  /** With a start long ago, millions of messages would be due at once. */
  private checkNearNow(what: string, us: number): void {
    const aheadUs = us - this.clock.nowUs();
    if (Math.abs(aheadUs) <= MAX_AHEAD_US) return;
    throw badRequest(
      `${what}: ${Math.round(aheadUs / 1e6)} s from the agent's clock; expected at most ${MAX_AHEAD_US / 1e6} s`,
    );
  }

  /** Progress, with the seconds that follow the first `after` ones. */
  report(id: StepId, after: number): ProducerReport | ConsumerReport {
    return this.stepOf(id).report(after);
  }

  /** The sequences that were acknowledged or received so far. */
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
    if (!current)
      throw conflict("the agent has no step: it restarted, or dropped the step after its orphan timeout");
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
    this.self.stop();
    this.exchange.unwatch();
    await current?.step.close();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.free();
    this.exchange.close();
  }
}

/** @throws HttpError 400 if the share of a task exceeds the clients of the whole step */
function checkShare(role: AgentRole, { share: { first, count }, workload }: PrepareWithSecrets): void {
  const all = role === "producer" ? workload.producers : consumersInGroup(workload);
  if (first + count > all)
    throw badRequest(`share: ends at ${first + count}, but the step has ${all} ${role}s`);
}
