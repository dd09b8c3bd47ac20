// Steps of the benchmark on a Kafka process of this machine, without a swarm: agents are processes too.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";
import { AgentClient } from "../../bench/agent/client.ts";
import { Exchange } from "../../bench/exchange/exchange.ts";
import type { Agent, Fleet } from "../../bench/run/fleet.ts";
import { runStep } from "../../bench/run/step.ts";
import { openWallClock, type WallClock } from "../../bench/wallClock.ts";
import { LatencyHistogram } from "../../contract/histogram.ts";
import { AGENT_SERVICES, type AgentRole, type BenchTarget } from "../../contract/request.ts";
import { isMeasured } from "../../contract/result.ts";
import type { KafkaTarget } from "../../contract/target.ts";
import {
  type BenchmarkInput,
  benchmarkSchema,
  type WorkloadInput,
  workloadSchema,
} from "../../contract/workload.ts";
import { project } from "../lib/paths.ts";
import { track } from "../lib/signals.ts";

const MAIN = path.join(import.meta.dirname, "auditAgent/main.ts");
/** Both ends of the exchange are processes of this program. */
const TOKEN = "0123456789abcdef".repeat(3);

/** The result of one step. */
export interface StepLatencies {
  /** From the intended time to the receipt. */
  latency: LatencyHistogram;
  /** From the actual send to the receipt. */
  sendToReceive: LatencyHistogram;
  lost: number;
  /** p99 of the schedule lag, ms. */
  lagP99: number;
  /** CPUs that the busiest agent used. */
  cpu: number;
}

/** Runs steps with one producer task and one consumer task. */
export class AuditSteps {
  private steps = 0;
  private readonly run = `audit-${Date.now()}`;

  private readonly target: BenchTarget;
  private readonly fleet: Fleet;
  private readonly processes: ChildProcess[];
  private readonly clock: WallClock;
  private readonly exchange: Exchange;

  static async start(kafka: KafkaTarget): Promise<AuditSteps> {
    const clock = openWallClock();
    const exchange = await Exchange.open(clock, 0, TOKEN);
    const producer = await startAgent("producer");
    const consumer = await startAgent("consumer");
    return new AuditSteps(kafka, [producer, consumer], clock, exchange);
  }

  private constructor(
    kafka: KafkaTarget,
    agents: readonly { agent: Agent; child: ChildProcess }[],
    clock: WallClock,
    exchange: Exchange,
  ) {
    const withRole = (role: AgentRole) =>
      agents.map(({ agent }) => agent).filter((agent) => agent.role === role);
    this.target = {
      token: TOKEN,
      kafka,
      brokerMetrics: [],
      agents: { producer: { tasks: 1 }, consumer: { tasks: 1 } },
    };
    this.fleet = { producers: withRole("producer"), consumers: withRole("consumer") };
    this.processes = agents.map(({ child }) => child);
    this.clock = clock;
    this.exchange = exchange;
  }

  /** @throws Error if the step has no results, or an agent is lost */
  async measure(load: WorkloadInput, benchmark: BenchmarkInput, signal: AbortSignal): Promise<StepLatencies> {
    this.steps += 1;
    const step = await runStep(
      {
        run: this.run,
        number: this.steps,
        phase: "sweep",
        values: {},
        workload: workloadSchema.parse(load),
        benchmark: benchmarkSchema.parse(benchmark),
        target: this.target,
        fleet: this.fleet,
        probes: [],
        network: [],
      },
      this.clock,
      this.exchange,
      { phase: () => {}, second: () => {} },
      signal,
    );
    if (!isMeasured(step)) throw new Error(`a step has no results: ${step.reasons.join("; ")}`);
    return {
      latency: decoded(step.histogram),
      sendToReceive: decoded(step.histograms.sendToReceive),
      lost: step.lost,
      lagP99: step.generator.scheduleLagMsP99 ?? Number.NaN,
      cpu: step.generator.cpu ?? Number.NaN,
    };
  }

  async dispose(): Promise<void> {
    this.exchange.close();
    await Promise.all(
      this.processes.map(async (child) => {
        const exit = once(child, "exit");
        child.stdin?.end();
        if (child.exitCode === null && child.signalCode === null) await exit;
      }),
    );
  }
}

async function startAgent(role: AgentRole): Promise<{ agent: Agent; child: ChildProcess }> {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, role, TOKEN], {
    cwd: project,
    stdio: ["pipe", "pipe", "inherit"],
  });
  track(child);
  const port = await new Promise<string>((resolve, reject) => {
    readline.createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", () => reject(new Error(`the ${role} agent ended before it was ready`)));
  });
  const task = `${AGENT_SERVICES[role]}.1`;
  const client = new AgentClient(`127.0.0.1:${port}`, role, TOKEN, task);
  const hello = await client.hello();
  return { agent: { role, task, node: hello.node, address: "127.0.0.1", hello, client }, child };
}

function decoded(text: string): LatencyHistogram {
  const histogram = new LatencyHistogram();
  histogram.addEncoded(text);
  return histogram;
}
