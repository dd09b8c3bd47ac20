// Independent tools on the same brokers, in turn with the agents.
import { DEFAULT_CLIENT } from "../../../contract/clients.ts";
import type { Check } from "../check.ts";
import { type Harness, latenciesOf } from "../harness.ts";
import { IndependentTools, medians, type Sample } from "../independent.ts";
import { QUESTIONS } from "../questions.ts";
import { atMost, type Row, stated, within } from "../row.ts";

const MESSAGE_BYTES = 200;
const FULL = { rounds: 3, measureSec: 10, messages: 3_000 };
const QUICK = { rounds: 1, measureSec: 6, messages: 1_000 };
const LOAD = { producers: 50, totalRate: 500, messageBytes: MESSAGE_BYTES, warmSec: 6 };

/** The limits of cli/figures/clients.ts, but in both directions: a tool that measures less is not better. */
const MAX_P50_DIFFERENCE_MS = 1;
const MAX_P99_RATIO = 2;

interface Samples {
  yardstick: Sample[];
  agents: Sample[];
  single: Sample[];
  agentsSingle: Sample[];
}

const show = ({ p50, p99 }: Sample) => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;

/** The rows of the table. */
export function toolRows(samples: Samples): Row[] {
  const [yardstick, agents] = [medians(samples.yardstick), medians(samples.agents)];
  const [single, agentsSingle] = [medians(samples.single), medians(samples.agentsSingle)];
  const load = `${LOAD.producers} producers, ${LOAD.totalRate} messages per second`;
  return [
    stated(`franz-go yardstick, ${load}`, show(yardstick)),
    stated(`agents, ${DEFAULT_CLIENT}, the same load`, show(agents)),
    ...agreement("the yardstick's", agents, yardstick),
    stated("Kafka's EndToEndLatency, one message at a time", show(single)),
    stated(`agents, ${DEFAULT_CLIENT}, one producer, 100 messages per second`, show(agentsSingle)),
    // EndToEndLatency prints whole ms from send to receipt, and sends a message only after the previous one has arrived.
    ...agreement("EndToEndLatency's", agentsSingle, single),
  ];
}

function agreement(whose: string, agents: Sample, tool: Sample): Row[] {
  const p50 = Math.abs(agents.p50 - tool.p50);
  const ratio = { below: 1 - 1 / MAX_P99_RATIO, above: MAX_P99_RATIO - 1 };
  return [
    atMost(`difference between the agents' p50 and ${whose}`, p50, MAX_P50_DIFFERENCE_MS, "about 0", " ms"),
    within(`ratio of the agents' p99 to ${whose}`, agents.p99 / tool.p99, 1, ratio, "x"),
  ];
}

async function measure(harness: Harness, { rounds, measureSec, messages }: typeof FULL): Promise<Row[]> {
  const { plan, registry } = harness.parts;
  const node = await harness.nodeOf("producers");
  const tools = new IndependentTools({
    ssh: harness.sshTo(node),
    labels: plan.labels,
    bootstrap: plan.target.kafka.bootstrap.join(","),
    images: { bench: plan.image, kafka: `${registry}/${plan.conditions.images.kafka}` },
    shell: (command) => harness.shell(command),
    onNode: (command) => harness.onNode(node, {}, command),
  });
  const samples: Samples = { yardstick: [], agents: [], single: [], agentsSingle: [] };
  const agents = async (producers: number, totalRate: number): Promise<Sample> => {
    const load = [`producers=${producers}`, `totalRate=${totalRate}`, `messageBytes=${MESSAGE_BYTES}`];
    const client = `client=${DEFAULT_CLIENT}`; // no proxy is needed, so the client that scenarios use by default
    return latenciesOf(await harness.step([...load, client, `duration=${measureSec}`]));
  };
  await tools.install();
  try {
    for (let round = 1; round <= rounds; round += 1) {
      harness.parts.signal.throwIfAborted();
      samples.yardstick.push(await tools.yardstick({ ...LOAD, measureSec }));
      samples.agents.push(await agents(LOAD.producers, LOAD.totalRate));
      samples.single.push(await tools.endToEndLatency(messages, MESSAGE_BYTES));
      samples.agentsSingle.push(await agents(1, 100));
    }
  } finally {
    await tools.remove();
  }
  return toolRows(samples);
}

/** Checks that independent tools measure the same latencies. */
export const independentTools: Check = {
  name: "independent-tools",
  question: QUESTIONS["independent-tools"],
  run: async (harness, { quick, add }) => add(...(await measure(harness, quick ? QUICK : FULL))),
};
