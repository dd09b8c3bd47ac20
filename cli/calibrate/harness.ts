// The stack as the calibration uses it: runs of the benchmark, scripts on its nodes, jobs of the bench image.

import type { BenchPlan, BenchTarget } from "../../contract/request.ts";
import {
  eventSchema,
  isMeasured,
  type MeasuredStep,
  type Run,
  type RunEvent,
  type Step,
} from "../../contract/result.ts";
import { jobScript } from "../../lib/jobScript.ts";
import { script } from "../../lib/shell.ts";
import type { Arguments } from "../bench/arguments.ts";
import { RunnerContainer } from "../bench/container.ts";
import { runOnce } from "../bench/once.ts";
import { run, runBy } from "../bench/ssh.ts";
import { LiveStep } from "./live.ts";
import { withPlainLoad } from "./plain.ts";

/** What is up, and who calibrates it. */
export interface HarnessParts {
  plan: BenchPlan;
  nodes: readonly { name: string; ssh: string }[];
  /** The proxy's image, by digest. */
  proxyImage: string;
  /** Name of the testbed's registry, which its images are named by. */
  registry: string;
  /** Folder for the runs' results. */
  results: string;
  signal: AbortSignal;
  progress(line: string): void;
}

export interface RunOptions {
  via?: BenchTarget["via"];
  event?(event: RunEvent): void;
}

export class Harness {
  /** Of the latest run. */
  conditions: Run["conditions"] | undefined;
  /** Names of the runs so far, in their order. */
  readonly runs: string[] = [];

  readonly parts: HarnessParts;

  constructor(parts: HarnessParts) {
    this.parts = parts;
  }

  /** Runs the benchmark by a plain load with some changes, as `npm run bench` does. @throws Error where it failed */
  async run(changes: readonly string[], { via, event }: RunOptions = {}): Promise<Run> {
    const { results, signal, progress } = this.parts;
    const target = { ...this.parts.plan.target, ...(via ? { via } : {}) };
    const plan = withPlainLoad({ ...this.parts.plan, target });
    const session = {
      plan,
      signal,
      container: new RunnerContainer(plan),
      // Its own table is in its report; here it would hide the calibration's lines.
      progress: (line: string) => (line.includes("\n") ? undefined : progress(`    ${line}`)),
      event: (line: string) => event?.(eventSchema.parse(JSON.parse(line))),
    };
    const args: Arguments = {
      stack: plan.scenario,
      set: [],
      results,
      aba: false,
      replicates: 5,
      failOnSlo: false,
      stop: false,
      fromUp: false,
    };
    const { run: result } = await runOnce(session, args, { changes });
    this.conditions = result.conditions;
    this.runs.push(result.run);
    return result;
  }

  /** A run of one step. @throws Error where it has no figures */
  async step(changes: readonly string[], options?: RunOptions): Promise<MeasuredStep> {
    return stepWithMetrics(await this.run(changes, options));
  }

  /** A run of one step, and what is done to it meanwhile. */
  async stepWhile<T>(
    changes: readonly string[],
    act: (live: LiveStep) => Promise<T>,
    options: RunOptions = {},
  ): Promise<{ step: MeasuredStep; acted: T }> {
    const live = new LiveStep();
    const running = this.step(changes, { ...options, event: live.take }).finally(() => live.end());
    const [step, acted] = await Promise.allSettled([running, act(live)]);
    if (step.status === "rejected") throw step.reason;
    if (acted.status === "rejected") throw acted.reason;
    return { step: step.value, acted: acted.value };
  }

  /** A script on the swarm's manager. @returns what it printed */
  async onManager(variables: Record<string, string>, body: string): Promise<string> {
    return outputOf("the manager", await run(this.parts.plan.ssh, script(variables, body)));
  }

  async onNode(node: string, variables: Record<string, string | number>, body: string): Promise<string> {
    return outputOf(node, await runBy(this.sshTo(node), script(variables, body)));
  }

  /** A shell's command line on this machine. @returns what it printed */
  async shell(command: string): Promise<string> {
    return outputOf(command, await runBy("sh -c", command));
  }

  /** @returns a shell's words that lead to a node */
  sshTo(node: string): string {
    const found = this.parts.nodes.find(({ name }) => name === node);
    if (!found) throw new Error(`there is no node ${node}; bring the stack up to date: pulumi up`);
    return found.ssh;
  }

  /** The node that the first task of a service runs on. */
  async nodeOf(service: string): Promise<string> {
    const format = "{{.Node}}";
    const text = await this.onManager(
      { SERVICE: service, FORMAT: format },
      'docker service ps --filter desired-state=running --format "$FORMAT" "$SERVICE"',
    );
    return text.split("\n")[0]?.trim() ?? "";
  }

  /** A job of the bench image on the overlay network. @returns the JSON that it printed */
  async job<T>(name: string, input: object): Promise<T> {
    const { ssh, image, network, labels } = this.parts.plan;
    const text = jobScript({
      job: name,
      image,
      network,
      labels,
      input: JSON.stringify(input),
      before: "",
      marks: "",
      onlyOnUpdate: false,
    });
    return JSON.parse(outputOf(`job ${name}`, await run(ssh, text))) as T;
  }
}

function outputOf(where: string, answer: { code: number; stdout: string; stderr: string }): string {
  if (answer.code === 0) return answer.stdout;
  throw new Error(`${where}: ${answer.stderr.trim() || `it ended with ${answer.code}`}`);
}

/** @throws Error where its only step has none */
function stepWithMetrics({ run: name, steps }: Run): MeasuredStep {
  const [step] = steps;
  if (step && isMeasured(step) && step.verdict !== "failed") return step;
  throw new Error(`${name} has no figures: ${step?.reasons.join("; ") ?? "it has no step"}`);
}

/** @throws Error where nothing was counted */
export function delaysOf(step: Step): { min: number; p50: number; p99: number } {
  const { min, p50, p99 } = isMeasured(step) ? step.latencyMs : { min: null, p50: null, p99: null };
  if (min === null || p50 === null || p99 === null)
    throw new Error("a step delivered nothing, so that it has no latency");
  return { min, p50, p99 };
}
