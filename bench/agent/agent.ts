// What an agent does, apart from how it is asked: one run at a time, one step of it at a time.
import { type Client, clientOf, KAFKA_CLIENTS } from "../../contract/clients.ts";
import type { AgentRole } from "../../contract/request.ts";
import type { ClientAdapter } from "../clients/port.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { runMark } from "../load/message.ts";
import { SelfWatch } from "../measure/self.ts";
import { reason } from "../problem.ts";
import type { WallClock } from "../wallClock.ts";
import { ConsumerStep } from "./consumerStep.ts";
import { conflict } from "./errors.ts";
import { type Fault, Skipper } from "./fault.ts";
import { machine } from "./machine.ts";
import { ProducerStep } from "./producerStep.ts";
import {
  type ConsumerReport,
  type Hello,
  ORPHANED_AFTER_MS,
  PROTOCOL_VERSION,
  type Prepare,
  type Prepared,
  type ProducerReport,
  type Totals,
} from "./protocol.ts";
import type { AgentStep, StepWindow } from "./step.ts";

/** A clock that is disciplined drifts from the one that is read by 1 µs in a second, about. */
const RESYNC_EVERY_SEC = 10;

/** Which step is meant. */
export interface StepId {
  run: string;
  step: number;
}

export interface AgentIdentity {
  role: AgentRole;
  task: string;
  node: string;
  /** See {@link Hello}. */
  faults: string[];
  /** Messages that it leaves out. */
  fault?: Fault | undefined;
}

interface Current {
  id: StepId;
  step: AgentStep;
  ready: boolean;
  /** Where it leaves messages out on purpose. */
  skipper: Skipper | undefined;
  window: StepWindow | undefined;
}

/** It is not what is measured, so it need not be the client of the run. */
const OWN_MESSAGES_CLIENT = KAFKA_CLIENTS.find((name) => clientOf(name).partitionSubset) as Client;

export type AdapterOf = (client: Client) => Promise<ClientAdapter>;

export class Agent {
  private current: Current | undefined;
  private readonly self = new SelfWatch();
  private ticks = 0;
  private askedAt = performance.now();
  private readonly timer: NodeJS.Timeout;

  private readonly identity: AgentIdentity;
  private readonly clock: WallClock;
  private readonly adapterOf: AdapterOf;
  private readonly exchange: Exchange;
  private readonly orphanedAfterMs: number;

  constructor(
    identity: AgentIdentity,
    clock: WallClock,
    adapterOf: AdapterOf,
    exchange: Exchange,
    orphanedAfterMs = ORPHANED_AFTER_MS,
  ) {
    this.identity = identity;
    this.clock = clock;
    this.adapterOf = adapterOf;
    this.exchange = exchange;
    this.orphanedAfterMs = orphanedAfterMs;

    this.timer = setInterval(() => this.tick(), 1_000);
  }

  /** Once a second. */
  private tick(): void {
    this.ticks += 1;
    if (this.ticks % RESYNC_EVERY_SEC === 0) this.clock.resync();
    if (!this.current) return;
    if (this.current.ready) this.current.step.tick();
    // While it prepares, the runner waits for its answer.
    if (this.current.ready && performance.now() - this.askedAt > this.orphanedAfterMs) void this.free();
  }

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

  async prepare(order: Prepare): Promise<Prepared> {
    const { run, step } = order;
    if (this.current && this.current.id.run !== run)
      throw conflict(`it works for run ${this.current.id.run}`);
    if (this.current && !this.current.ready)
      throw conflict(`it prepares step ${this.current.id.step} already`);
    const { role, fault } = this.identity;
    const skipper = fault && new Skipper(fault.every, { run: runMark(run), step });
    const client = await this.adapterOf(order.workload.client);
    const adapter = skipper ? skipper.wrap(client) : client;
    await this.free();
    const made =
      role === "producer"
        ? new ProducerStep(order, adapter, this.clock, this.self, await this.adapterOf(OWN_MESSAGES_CLIENT))
        : new ConsumerStep(order, adapter, this.clock, this.self);
    const current: Current = { id: { run, step }, step: made, ready: false, skipper, window: undefined };
    this.current = current;
    try {
      const prepared = await made.prepare();
      current.ready = true;
      this.exchange.watch(order.peers);
      this.asked();
      return prepared;
    } catch (error) {
      await this.free();
      throw conflict(`its ${role}s cannot connect: ${reason(error)}`);
    }
  }

  start(id: StepId, atUs: number): void {
    this.stepOf(id).start(atUs);
  }

  measure(id: StepId, window: StepWindow): void {
    this.stepOf(id).measure(window);
    if (this.current) this.current.window = window;
  }

  report(id: StepId, after: number): ProducerReport | ConsumerReport {
    return this.stepOf(id).report(after);
  }

  stop(id: StepId): void {
    this.stepOf(id).stop();
  }

  /** The step's totals; then it is free for the next one. */
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
    if (!current) throw conflict("it has no step: it may have been started anew, or was not asked for long");
    if (current.id.run !== run || current.id.step !== step) {
      throw conflict(`it has step ${current.id.step} of run ${current.id.run}`);
    }
    this.asked();
    return current.step;
  }

  private asked(): void {
    this.askedAt = performance.now();
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
