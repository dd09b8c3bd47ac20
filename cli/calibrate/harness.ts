import { SwarmbenchError } from "../../contract/errors.ts";
import { STATUS_PREFIX } from "../../contract/progress.ts";
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
import { outputOf, runScript, runScriptBy } from "../bench/ssh.ts";
import { LiveStep } from "./live.ts";
import { withPlainLoad } from "./plain.ts";

/** The stack that is calibrated, and how the calibration reports to the user. */
export interface HarnessParts {
  plan: BenchPlan;
  nodes: readonly { name: string; ssh: string }[];
  /** Reference of the proxy's image, with digest. */
  proxyImage: string;
  /** Address of the testbed's image registry. */
  registry: string;
  /** Folder for the runs' results. */
  results: string;
  signal: AbortSignal;
  progress(line: string): void;
}

/** How a run differs from `npm run bench`. */
export interface RunOptions {
  /** Proxy routes of producers and consumers. */
  proxyRoutes?: BenchTarget["proxyRoutes"];
  /** Called with each event. */
  event?(event: RunEvent): void;
}

/** The stack as the calibration uses it: runs of the benchmark, scripts on its nodes, jobs of the bench image. */
export class Harness {
  /** Conditions of the latest run. */
  conditions: Run["conditions"] | undefined;
  /** Names of the runs so far, in their order. */
  readonly runs: string[] = [];

  readonly parts: HarnessParts;

  constructor(parts: HarnessParts) {
    this.parts = parts;
  }

  /** Runs the benchmark with the plain load and some changes. @throws SwarmbenchError when the run fails */
  async run(changes: readonly string[], { proxyRoutes, event }: RunOptions = {}): Promise<Run> {
    const { results, signal, progress } = this.parts;
    const target = {
      ...this.parts.plan.target,
      proxyRoutes: proxyRoutes ?? this.parts.plan.target.proxyRoutes,
    };
    const plan = withPlainLoad({ ...this.parts.plan, target });
    const session = {
      plan,
      signal,
      container: new RunnerContainer(plan),
      // The table of a run is in its report; here it would hide the calibration's lines.
      progress: (line: string) => {
        if (line.startsWith(STATUS_PREFIX)) progress(line);
        else if (!line.includes("\n")) progress(`    ${line}`);
      },
      event: (line: string) => event?.(eventSchema.parse(JSON.parse(line))),
    };
    const args: Arguments = {
      stack: plan.scenario,
      set: [],
      results,
      aba: false,
      replicates: 5,
      failOnSlo: false,
      failOnWorse: false,
      stop: false,
      fromUp: false,
    };
    const { run: result } = await runOnce(session, args, { changes });
    this.conditions = result.conditions;
    this.runs.push(result.run);
    return result;
  }

  /** Runs one step. @throws Error when the step has no results */
  async step(changes: readonly string[], options?: RunOptions): Promise<MeasuredStep> {
    return stepWithMetrics(await this.run(changes, options));
  }

  /** Runs one step and acts on it while it runs. @returns the step, and what `act` returned */
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

  /** Runs a script on the swarm's manager. @returns its output */
  async onManager(variables: Record<string, string>, body: string): Promise<string> {
    return outputOf("the manager", await runScript(this.parts.plan.ssh, script(variables, body)));
  }

  /** Runs a script on a node. @returns its output */
  async onNode(node: string, variables: Record<string, string | number>, body: string): Promise<string> {
    return outputOf(node, await runScriptBy(this.sshTo(node), script(variables, body)));
  }

  /** Runs a shell command line on this machine. @returns its output */
  async shell(command: string): Promise<string> {
    return outputOf(command, await runScriptBy("sh -c", command));
  }

  /** A shell command line that reaches a node. @throws SwarmbenchError stack-outdated when the stack's outputs lack the node */
  sshTo(name: string): string {
    const node = this.parts.nodes.find((each) => each.name === name);
    if (node) return node.ssh;
    const { scenario } = this.parts.plan;
    throw new SwarmbenchError("stack-outdated", `the outputs of the stack ${scenario} have no node ${name}`, {
      hint: `Bring the stack up to date: pulumi up -s ${scenario}`,
    });
  }

  /** The name of the node that runs the first task of a service. */
  async nodeOf(service: string): Promise<string> {
    const format = "{{.Node}}";
    const text = await this.onManager(
      { SERVICE: service, FORMAT: format },
      'docker service ps --filter desired-state=running --format "$FORMAT" "$SERVICE"',
    );
    return text.split("\n")[0]?.trim() ?? "";
  }

  /** Runs a job of the bench image on the overlay network. @returns the JSON that it printed */
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
    return JSON.parse(outputOf(`job ${name}`, await runScript(ssh, text))) as T;
  }
}

/** The only step of a run. @throws Error when it has no results */
function stepWithMetrics({ run: name, steps }: Run): MeasuredStep {
  const [step] = steps;
  if (step && isMeasured(step) && step.verdict !== "failed") return step;
  throw new Error(`${name} has no results: ${step?.reasons.join("; ") ?? "no step was run"}`);
}

/** The latencies of a step, ms. @throws Error when it has none */
export function latenciesOf(step: Step): { min: number; p50: number; p99: number } {
  const { min, p50, p99 } = isMeasured(step) ? step.latencyMs : { min: null, p50: null, p99: null };
  if (min === null || p50 === null || p99 === null)
    throw new Error("a step delivered no message, so that it has no latency");
  return { min, p50, p99 };
}
