// The network beside the run: measured before the load, and watched during each step. Whatever fails here costs figures and
// a warning, never the run.
import { setTimeout as sleep } from "node:timers/promises";
import type { StepNetwork } from "../../contract/network.ts";
import type { RunRequest } from "../../contract/request.ts";
import { within } from "../clock.ts";
import type { JobContext } from "../job.ts";
import { reason } from "../reason.ts";
import { onNodes } from "./allocation.ts";
import { type EventSink, instant } from "./events.ts";
import type { Live } from "./live.ts";
import { measureNetwork } from "./networkBefore.ts";
import { oneWayMs } from "./networkPath.ts";
import { StepWatch } from "./networkStep.ts";
import { ClockSamples } from "./nodeClocks.ts";
import { type FindProbes, findProbes, type NodeProbe, probeProblems } from "./probes.ts";
import type { StepOrder } from "./stepOrder.ts";

/** Probes start with the stack; one that was killed is back within seconds. */
const FIND_MS = { before: 20_000, step: 5_000 };
/** Between two looks: of more nodes less often, so that the looks themselves remain little. */
const LOOK_MS = { least: 2_000, eachNode: 100 };
const CLOSE_MS = 5_000;

export class NetworkWatch {
  private readonly clocks = new ClockSamples();
  private readonly warned = new Set<string>();
  private probes: NodeProbe[] = [];
  private step: { watch: StepWatch; ending: AbortController; looking: Promise<void> } | undefined;

  private readonly request: Pick<RunRequest, "target" | "benchmark">;
  private readonly context: JobContext;
  private readonly live: Pick<Live, "network">;
  private readonly emit: EventSink;
  private readonly find: FindProbes;

  constructor(
    request: Pick<RunRequest, "target" | "benchmark">,
    context: JobContext,
    live: Pick<Live, "network">,
    emit: EventSink,
    find: FindProbes = findProbes,
  ) {
    this.request = request;
    this.context = context;
    this.live = live;
    this.emit = emit;
    this.find = find;
  }

  /** All of it, before the load. @throws where the run is asked to stop */
  async before(): Promise<void> {
    const { enabled, seconds, packets } = this.request.benchmark.network;
    const { network } = this.request.target;
    if (!enabled) return;
    if (!network) {
      this.warn("the network is not measured: this stack has no probes; make them: pulumi up");
      return;
    }
    const { signal } = this.context;
    await this.findThem(FIND_MS.before);
    const progress = (line: string) => this.context.progress(line);
    const pairs = await measureNetwork(this.probes, { packets, seconds, signal, progress });
    const failed = pairs.filter(({ error }) => error !== null);
    if (failed[0]) {
      const { from, to, error } = failed[0];
      this.warn(
        `the network of ${failed.length} of ${pairs.length} pairs is not wholly measured; ${from} to ${to}: ${error}`,
      );
    }
    this.live.network(pairs);
    this.emit({
      event: "network",
      at: instant(),
      network: { nodes: network.nodes, brokers: network.brokers, pairs },
    });
  }

  /** A step begins. */
  async begin(): Promise<void> {
    if (!this.request.benchmark.network.enabled || !this.request.target.network) return;
    await this.findThem(FIND_MS.step);
    const watch = new StepWatch(this.probes, (text) => this.warn(text));
    await watch.begin();
    const ending = new AbortController();
    this.step = { watch, ending, looking: this.look(watch, ending.signal) };
  }

  /** A step has ended. @returns its figures; null: it was not watched */
  async end({ fleet, workload }: Pick<StepOrder, "fleet" | "workload">): Promise<StepNetwork | null> {
    const watch = await this.endWatch();
    if (!watch) return null;
    this.emit({ event: "clocks", at: instant(), nodes: this.clocks.summary() });
    const pairs = watch.pairs();
    const chosen = onNodes([...fleet.producers, ...fleet.consumers], workload.nodes);
    // Of more tasks than clients, the first ones work.
    const places = (role: "producer" | "consumer", clients: number) =>
      chosen
        .filter((agent) => agent.role === role)
        .slice(0, clients)
        .map(({ node }) => node);
    const way = oneWayMs(pairs, {
      producers: places("producer", workload.producers),
      brokers: this.request.target.network?.brokers.map(({ node }) => node) ?? [],
      consumers: places("consumer", workload.consumers),
    });
    return { pairs, oneWayMs: way };
  }

  /** Ends what goes on, where a step was cut off. Never fails. */
  async close(): Promise<void> {
    await within(CLOSE_MS, "it", this.endWatch()).catch(() => {});
  }

  private async findThem(timeoutMs: number): Promise<void> {
    const { network, token } = this.request.target;
    const nodes = network?.nodes ?? [];
    this.probes = await this.find(nodes, this.context, timeoutMs, token);
    for (const problem of probeProblems(nodes, this.probes)) this.warn(problem);
  }

  private async look(watch: StepWatch, signal: AbortSignal): Promise<void> {
    const everyMs = Math.max(LOOK_MS.least, LOOK_MS.eachNode * this.probes.length);
    while (!signal.aborted) {
      await sleep(everyMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.readClocks();
      this.live.network(await watch.take(false));
    }
  }

  private async readClocks(): Promise<void> {
    await Promise.all(
      this.probes.map(async ({ node, client }) => {
        const hello = await client.hello().catch(() => undefined); // that it is gone is told where its figures are
        if (hello) this.clocks.add(node, hello.clock);
      }),
    );
  }

  private async endWatch(): Promise<StepWatch | undefined> {
    const { step } = this;
    if (!step) return undefined;
    this.step = undefined;
    step.ending.abort();
    await step.looking.catch((error) =>
      this.warn(`the network was not watched to the step's end: ${reason(error)}`),
    );
    await this.readClocks();
    this.live.network(await step.watch.take(true));
    return step.watch;
  }

  /** Each once: the same is true of every step. */
  private warn(text: string): void {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    this.context.progress(`warning: ${text}`);
    this.emit({ event: "warning", at: instant(), text });
  }
}
