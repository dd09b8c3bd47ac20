// The network during a run: measured before the load, and monitored during each step. A failure here loses measurements and adds
// a warning, but never ends the run.
import { setTimeout as sleep } from "node:timers/promises";
import type { Pair, StepNetwork } from "../../contract/network.ts";
import { networkOf, type RunRequest } from "../../contract/request.ts";
import { consumersInGroup } from "../../contract/topics.ts";
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
import { type FindProbes, findProbes, type NodeProbe, probeWarnings } from "./probes.ts";
import type { StepOrder } from "./stepOrder.ts";

/** How long to wait for probes. They start with the stack, and one that was killed restarts within seconds. */
const FIND_MS = { before: 20_000, step: 5_000 };
/** Time between two readings of all probes. It grows with the number of nodes, so that readings stay cheap. */
const READ_MS = { least: 2_000, eachNode: 100 };
/** How long the last reading may take when a run ends early. */
const CLOSE_MS = 5_000;

/** Measures the network before the load and during each step. */
export class NetworkWatch {
  private readonly clocks = new ClockSamples();
  private readonly warned = new Set<string>();
  private probes: NodeProbe[] = [];
  private pairs: readonly Pair[] = [];
  private step: { watch: StepWatch; ending: AbortController; reading: Promise<void> } | undefined;

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

  /** Measures the network before the load. @throws the signal's reason if the run is stopped */
  async before(): Promise<void> {
    const { enabled, seconds, packets } = this.request.benchmark.network;
    const { network } = this.request.target;
    if (!enabled) return;
    if (!network) {
      this.warn("the network is not measured, because this stack has no probes; to create them: pulumi up");
      return;
    }
    const { signal } = this.context;
    await this.findProbes(FIND_MS.before);
    const progress = (line: string) => this.context.progress(line);
    const pairs = await measureNetwork(this.probes, { packets, seconds, signal, progress });
    this.pairs = pairs;
    const failed = pairs.filter(({ error }) => error !== null);
    if (failed[0]) {
      const { from, to, error } = failed[0];
      this.warn(
        `network measurements failed for ${failed.length} of ${pairs.length} pairs; ${from} to ${to}: ${error}`,
      );
    }
    this.live.network(pairs);
    this.emit({
      event: "network",
      at: instant(),
      network: { nodes: network.nodes, brokers: network.brokers, pairs },
    });
  }

  /**
   * Starts monitoring at the start of a step.
   *
   * @returns the probes that answered, and the network before the load; both empty if the network is not measured
   */
  async begin(): Promise<{ probes: readonly NodeProbe[]; network: readonly Pair[] }> {
    if (!this.request.benchmark.network.enabled || !this.request.target.network) {
      return { probes: [], network: [] };
    }
    await this.findProbes(FIND_MS.step);
    const watch = new StepWatch(this.probes, (text) => this.warn(text));
    await watch.begin();
    const ending = new AbortController();
    this.step = { watch, ending, reading: this.readRepeatedly(watch, ending.signal) };
    return { probes: this.probes, network: this.pairs };
  }

  /** Ends monitoring at the end of a step. @returns the step's measurements; null: it was not monitored */
  async end({ fleet, workload }: Pick<StepOrder, "fleet" | "workload">): Promise<StepNetwork | null> {
    const watch = await this.endWatch();
    if (!watch) return null;
    this.emit({ event: "clocks", at: instant(), nodes: this.clocks.summary() });
    const pairs = watch.pairs();
    const chosen = onNodes([...fleet.producers, ...fleet.consumers], workload.nodes);
    // If there are fewer logical clients than tasks, the first tasks have one each.
    const nodesOf = (role: "producer" | "consumer", clients: number) =>
      chosen
        .filter((agent) => agent.role === role)
        .slice(0, clients)
        .map(({ node }) => node);
    const { target } = this.request;
    const estimateMs = oneWayMs(pairs, networkOf(target), {
      producers: nodesOf("producer", workload.producers),
      brokers: target.network?.brokers.map(({ node }) => node) ?? [],
      consumers: nodesOf("consumer", consumersInGroup(workload)),
    });
    return { pairs, oneWayMs: estimateMs };
  }

  /** Ends monitoring if a step was interrupted. Never fails. */
  async close(): Promise<void> {
    await within(CLOSE_MS, "the last reading of the probes", this.endWatch()).catch(() => {});
  }

  private async findProbes(timeoutMs: number): Promise<void> {
    const { network, token } = this.request.target;
    const nodes = network?.nodes ?? [];
    this.probes = await this.find(nodes, this.context, timeoutMs, token);
    for (const warning of probeWarnings(nodes, this.probes)) this.warn(warning);
  }

  private async readRepeatedly(watch: StepWatch, signal: AbortSignal): Promise<void> {
    const everyMs = Math.max(READ_MS.least, READ_MS.eachNode * this.probes.length);
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
        const hello = await client.hello().catch(() => undefined); // a missing probe gets its warning from StepWatch
        if (hello) this.clocks.add(node, hello.clock);
      }),
    );
  }

  private async endWatch(): Promise<StepWatch | undefined> {
    const { step } = this;
    if (!step) return undefined;
    this.step = undefined;
    step.ending.abort();
    await step.reading.catch((error) =>
      this.warn(`the network was not monitored until the end of the step: ${reason(error)}`),
    );
    await this.readClocks();
    this.live.network(await step.watch.take(true));
    return step.watch;
  }

  /** Gives each warning once, since most apply to every step. */
  private warn(text: string): void {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    this.context.progress(`warning: ${text}`);
    this.emit({ event: "warning", at: instant(), text });
  }
}
