// Tools of others that measure the same: the yardstick, a load generator on franz-go (cli/figures/yardstick), and Kafka's own
// EndToEndLatency. Both run on an agents' node, on the swarm's network, as an agent does.
import { word } from "../../lib/shell.ts";
import { median } from "./statistics.ts";

/** What they need of a stack. */
export interface ToolsHost {
  bootstrap: string;
  /** By digest: an image to run the yardstick in, and Kafka's own. */
  images: { bench: string; kafka: string };
  /** KEY=VALUE of the containers. */
  labels: readonly string[];
  /** Shell's words that lead to a node of the agents. */
  ssh: string;
  /** Runs a shell's command line on this machine. @returns what it printed */
  shell(command: string): Promise<string>;
  /** The same on that node: there the tools run. */
  onNode(command: string): Promise<string>;
}

export interface Sample {
  p50: number;
  p99: number;
  /** CPUs of the process that sends; undefined where the tool does not tell. */
  cpu?: number;
  lagP99?: number;
  lost?: number;
}

export interface ToolLoad {
  producers: number;
  /** Of all together. */
  totalRate: number;
  messageBytes: number;
  warmSec: number;
  measureSec: number;
}

const YARDSTICK = "/tmp/swarmbench-yardstick";

export class IndependentTools {
  /** Of the topics that the tools make. */
  private readonly prefix = `tools-${Date.now()}`;
  private topics = 0;

  private readonly site: ToolsHost;

  constructor(site: ToolsHost) {
    this.site = site;
  }

  /** Puts the yardstick onto the node. */
  async install(): Promise<void> {
    const { ensureYardstick } = await import("../setup/yardstick.ts");
    const file = await ensureYardstick();
    await this.site.shell(`${this.site.ssh} 'cat > ${YARDSTICK} && chmod 755 ${YARDSTICK}' < '${file}'`);
  }

  async remove(): Promise<void> {
    if (this.topics > 0) {
      const { bootstrap, images } = this.site;
      await this.run(
        `--entrypoint /opt/kafka/bin/kafka-topics.sh ${images.kafka} --bootstrap-server ${bootstrap} --delete --if-exists --topic '${this.prefix}-.*'`,
      );
    }
    await this.site.onNode(`rm -f ${YARDSTICK}`);
  }

  /** Of its own each time: the tools make it with the brokers' own settings. */
  private newTopic(): string {
    this.topics += 1;
    return `${this.prefix}-${this.topics}`;
  }

  private run(options: string): Promise<string> {
    const labels = this.site.labels.map((label) => `--label ${word(label)}`).join(" ");
    return this.site.onNode(`docker run --rm --network bench ${labels} ${options}`);
  }

  /** Open loop, from the intended time, as the agents. */
  async yardstick({ producers, totalRate, messageBytes, warmSec, measureSec }: ToolLoad): Promise<Sample> {
    const { bootstrap, images } = this.site;
    const options = `-mode e2e -brokers ${bootstrap} -topic ${this.newTopic()} -parts 12 -n ${producers} -rate ${totalRate}`;
    const load = `-size ${messageBytes} -acks 1 -warm ${warmSec} -dur ${measureSec}`;
    const text = await this.run(
      `-v ${YARDSTICK}:/yardstick:ro --entrypoint /yardstick ${images.bench} ${options} ${load}`,
    );
    const { generator, consumer } = JSON.parse(text.slice(text.indexOf("{")));
    return { ...consumer.d, cpu: generator.cpu / measureSec, lost: generator.sentWin - consumer.recvWin };
  }

  /** Kafka's own: one message at a time, from send to receipt. */
  async endToEndLatency(messages: number, messageBytes: number): Promise<Sample> {
    const { bootstrap, images } = this.site;
    const text = await this.run(
      `--entrypoint java ${images.kafka} -cp '/opt/kafka/libs/*' org.apache.kafka.tools.EndToEndLatency ` +
        `--bootstrap-server ${bootstrap} --topic ${this.newTopic()} --num-records ${messages} --producer-acks 1 --record-size ${messageBytes}`,
    );
    const [, p50, p99] = /Percentiles: 50th = (\d+), 99th = (\d+)/.exec(text) ?? [];
    const [, mean] = /Avg latency: ([\d.]+)/.exec(text) ?? [];
    if (p50 === undefined || p99 === undefined)
      throw new Error(`EndToEndLatency printed something else:\n${text}`);
    // It rounds to whole ms: where its median is below one, its mean tells more.
    return { p50: Number(p50) || Number(mean), p99: Number(p99) };
  }
}

export function medians(samples: readonly Sample[]): Sample {
  const of = (key: keyof Sample) => median(samples.map((sample) => sample[key] ?? Number.NaN));
  return { p50: of("p50"), p99: of("p99"), cpu: of("cpu"), lagP99: of("lagP99"), lost: of("lost") };
}
