// Independent tools that measure latency: the yardstick, a load generator built on franz-go (cli/figures/yardstick), and Kafka's
// EndToEndLatency. Both run on a node of the agents, on the swarm's network, as an agent does.
import { word } from "../../lib/shell.ts";
import { median } from "./statistics.ts";

/** What the tools need from a stack. */
export interface ToolsHost {
  bootstrap: string;
  /** Image references with digests: one to run the yardstick in, and Kafka's. */
  images: { bench: string; kafka: string };
  /** Labels of the containers, KEY=VALUE. */
  labels: readonly string[];
  /** A shell command line that reaches a node of the agents. */
  ssh: string;
  /** Runs a shell command line on this machine. @returns its output */
  shell(command: string): Promise<string>;
  /** Runs a shell command line on that node. @returns its output */
  onNode(command: string): Promise<string>;
}

/** The result of one run of a tool, or of the agents. Latencies in ms. */
export interface Sample {
  p50: number;
  p99: number;
  /** CPUs that the sending process used; undefined if the tool does not report it. */
  cpu?: number;
  /** p99 of the schedule lag, ms. */
  lagP99?: number;
  lost?: number;
}

/** The load that the yardstick makes. */
export interface ToolLoad {
  producers: number;
  /** Messages per second of all producers together. */
  totalRate: number;
  messageBytes: number;
  warmSec: number;
  measureSec: number;
}

const YARDSTICK = "/tmp/swarmbench-yardstick";

/** Runs the independent tools on one node. */
export class IndependentTools {
  /** Prefix of the topics that the tools create. */
  private readonly prefix = `tools-${Date.now()}`;
  private topics = 0;

  private readonly host: ToolsHost;

  constructor(host: ToolsHost) {
    this.host = host;
  }

  /** Copies the yardstick to the node. */
  async install(): Promise<void> {
    const { ensureYardstick } = await import("../setup/yardstick.ts");
    const file = await ensureYardstick();
    await this.host.shell(`${this.host.ssh} 'cat > ${YARDSTICK} && chmod 755 ${YARDSTICK}' < '${file}'`);
  }

  /** Removes the topics and the yardstick. */
  async remove(): Promise<void> {
    if (this.topics > 0) {
      const { bootstrap, images } = this.host;
      await this.run(
        `--entrypoint /opt/kafka/bin/kafka-topics.sh ${images.kafka} --bootstrap-server ${bootstrap} --delete --if-exists --topic '${this.prefix}-.*'`,
      );
    }
    await this.host.onNode(`rm -f ${YARDSTICK}`);
  }

  /** A new topic for each run: the tools create it with the brokers' default settings. */
  private newTopic(): string {
    this.topics += 1;
    return `${this.prefix}-${this.topics}`;
  }

  private run(options: string): Promise<string> {
    const labels = this.host.labels.map((label) => `--label ${word(label)}`).join(" ");
    return this.host.onNode(`docker run --rm --network bench ${labels} ${options}`);
  }

  /** Runs the yardstick: an open loop that measures from the intended time, as the agents do. */
  async yardstick({ producers, totalRate, messageBytes, warmSec, measureSec }: ToolLoad): Promise<Sample> {
    const { bootstrap, images } = this.host;
    const options = `-mode e2e -brokers ${bootstrap} -topic ${this.newTopic()} -parts 12 -n ${producers} -rate ${totalRate}`;
    const load = `-size ${messageBytes} -acks 1 -warm ${warmSec} -dur ${measureSec}`;
    const text = await this.run(
      `-v ${YARDSTICK}:/yardstick:ro --entrypoint /yardstick ${images.bench} ${options} ${load}`,
    );
    return parsedYardstick(text, measureSec);
  }

  /** Runs Kafka's EndToEndLatency: one message at a time, measured from send to receipt. */
  async endToEndLatency(messages: number, messageBytes: number): Promise<Sample> {
    const { bootstrap, images } = this.host;
    const text = await this.run(
      `--entrypoint java ${images.kafka} -cp '/opt/kafka/libs/*' org.apache.kafka.tools.EndToEndLatency ` +
        `--bootstrap-server ${bootstrap} --topic ${this.newTopic()} --num-records ${messages} --producer-acks 1 --record-size ${messageBytes}`,
    );
    return parsedEndToEndLatency(text);
  }
}

/** The result of the yardstick's output. @param measureSec measured time, s */
export function parsedYardstick(text: string, measureSec: number): Sample {
  const { generator, consumer } = JSON.parse(text.slice(text.indexOf("{")));
  return {
    p50: consumer.d.p50,
    p99: consumer.d.p99,
    cpu: generator.cpu / measureSec,
    lagP99: generator.lag.p99,
    lost: generator.sentWin - consumer.recvWin,
  };
}

/** The result of the output of EndToEndLatency. @throws Error if it has no percentiles */
export function parsedEndToEndLatency(text: string): Sample {
  const [, p50, p99] = /Percentiles: 50th = (\d+), 99th = (\d+)/.exec(text) ?? [];
  const [, mean] = /Avg latency: ([\d.]+)/.exec(text) ?? [];
  if (p50 === undefined || p99 === undefined)
    throw new Error(`the output of EndToEndLatency has no percentiles:\n${text}`);
  // The tool rounds percentiles down to whole ms: below 1 ms, its mean is more exact than its median.
  return { p50: Number(p50) || Number(mean), p99: Number(p99) };
}

/** The median of each field; NaN for a field that a sample lacks. */
export function medians(samples: readonly Sample[]): Sample {
  const medianOf = (key: keyof Sample) => median(samples.map((sample) => sample[key] ?? Number.NaN));
  return {
    p50: medianOf("p50"),
    p99: medianOf("p99"),
    cpu: medianOf("cpu"),
    lagP99: medianOf("lagP99"),
    lost: medianOf("lost"),
  };
}
