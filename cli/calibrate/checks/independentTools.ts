// Other people's tools on the same brokers, in turn with the agents.
import type { Check } from "../check.ts";
import { delaysOf, type Harness } from "../harness.ts";
import { IndependentTools, medians, type Sample } from "../independent.ts";
import { QUESTIONS } from "../questions.ts";
import { atMost, type Row, stated, within } from "../row.ts";

const MESSAGE_BYTES = 200;
const FULL = { rounds: 3, measureSec: 10, messages: 3_000 };
const QUICK = { rounds: 1, measureSec: 6, messages: 1_000 };
const LOAD = { producers: 50, totalRate: 500, messageBytes: MESSAGE_BYTES, warmSec: 6 };

/** As cli/figures/clients.ts has it, but either way: a tool that measures less than another is no better. */
const APART_MS = 1;
const TIMES = 2;

interface Samples {
  yardstick: Sample[];
  agents: Sample[];
  single: Sample[];
  ourSingle: Sample[];
}

const show = ({ p50, p99 }: Sample) => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;

export function toolRows(samples: Samples): Row[] {
  const [yard, ours] = [medians(samples.yardstick), medians(samples.agents)];
  const [single, ourSingle] = [medians(samples.single), medians(samples.ourSingle)];
  const load = `${LOAD.producers} producers, ${LOAD.totalRate} messages per second`;
  return [
    stated(`franz-go yardstick, ${load}`, show(yard)),
    stated("agents, the same load", show(ours)),
    ...agreement("the yardstick's", ours, yard),
    stated("Kafka's EndToEndLatency, one message at a time", show(single)),
    stated("agents, one producer, 100 messages per second", show(ourSingle)),
    // It tells whole ms, from send to receipt, and sends the next message only when the last one has come.
    ...agreement("EndToEndLatency's", ourSingle, single),
  ];
}

function agreement(whose: string, ours: Sample, theirs: Sample): Row[] {
  const p50 = Math.abs(ours.p50 - theirs.p50);
  const ratio = { below: 1 - 1 / TIMES, above: TIMES - 1 };
  return [
    atMost(`agents' p50 from ${whose}, either way`, p50, APART_MS, "about 0", " ms"),
    within(`agents' p99 to ${whose}`, ours.p99 / theirs.p99, 1, ratio, "x"),
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
  const samples: Samples = { yardstick: [], agents: [], single: [], ourSingle: [] };
  const agents = async (producers: number, totalRate: number): Promise<Sample> => {
    const load = [`producers=${producers}`, `totalRate=${totalRate}`, `messageBytes=${MESSAGE_BYTES}`];
    return delaysOf(await harness.step([...load, `duration=${measureSec}`]));
  };
  await tools.install();
  try {
    for (let round = 1; round <= rounds; round += 1) {
      harness.parts.signal.throwIfAborted();
      samples.yardstick.push(await tools.yardstick({ ...LOAD, measureSec }));
      samples.agents.push(await agents(LOAD.producers, LOAD.totalRate));
      samples.single.push(await tools.endToEndLatency(messages, MESSAGE_BYTES));
      samples.ourSingle.push(await agents(1, 100));
    }
  } finally {
    await tools.remove();
  }
  return toolRows(samples);
}

export const independentTools: Check = {
  name: "independent-tools",
  question: QUESTIONS["independent-tools"],
  run: async (harness, { quick, add }) => add(...(await measure(harness, quick ? QUICK : FULL))),
};
