// Other people's tools on the same brokers, in turn with the agents.
import type { Check } from "../check";
import { IndependentTools, medians, type Sample } from "../independent";
import { atMost, type Row, stated } from "../row";
import { delaysOf, type Stand } from "../stand";

const MESSAGE_BYTES = 200;
const FULL = { rounds: 3, measureSec: 10, messages: 3_000 };
const QUICK = { rounds: 1, measureSec: 6, messages: 1_000 };
const LOAD = { producers: 50, totalRate: 500, messageBytes: MESSAGE_BYTES, warmSec: 6 };

/** What the agents may cost beside a lean client, from test/figures/clients.ts; both are open loops of the same load. */
const YARDSTICK_LIMITS = { p50AboveMs: 1, p99Times: 2 };
/** EndToEndLatency tells whole ms, and sends the next message only when the last one has come. */
const SINGLE_LIMITS = { p50Apart: 1, p99Apart: 5 };

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
  const { p50AboveMs, p99Times } = YARDSTICK_LIMITS;
  return [
    stated(`franz-go yardstick, ${load}`, show(yard)),
    stated("agents, the same load", show(ours)),
    atMost("agents' p50 above the yardstick's", ours.p50 - yard.p50, p50AboveMs, "about 0", " ms"),
    atMost("agents' p99 to the yardstick's", ours.p99 / yard.p99, p99Times, "about 1", "x"),
    stated("Kafka's EndToEndLatency, one message at a time", show(single)),
    stated("agents, one producer, 100 messages per second", show(ourSingle)),
    apart("agents' p50 from EndToEndLatency's", ourSingle.p50 - single.p50, SINGLE_LIMITS.p50Apart),
    apart("agents' p99 from EndToEndLatency's", ourSingle.p99 - single.p99, SINGLE_LIMITS.p99Apart),
  ];
}

const apart = (what: string, ms: number, limit: number): Row =>
  atMost(`${what}, either way`, Math.abs(ms), limit, "about 0", " ms");

async function measure(stand: Stand, { rounds, measureSec, messages }: typeof FULL): Promise<Row[]> {
  const { plan, registry } = stand.parts;
  const node = await stand.nodeOf("producers");
  const tools = new IndependentTools({
    ...{ ssh: stand.sshTo(node), labels: plan.labels },
    bootstrap: plan.target.kafka.bootstrap.join(","),
    images: { bench: plan.image, kafka: `${registry}/${plan.conditions.images.kafka}` },
    shell: (command) => stand.shell(command),
    onNode: (command) => stand.onNode(node, {}, command),
  });
  const samples: Samples = { yardstick: [], agents: [], single: [], ourSingle: [] };
  const agents = async (producers: number, totalRate: number): Promise<Sample> => {
    const load = [`producers=${producers}`, `totalRate=${totalRate}`, `messageBytes=${MESSAGE_BYTES}`];
    return delaysOf(await stand.step([...load, `duration=${measureSec}`]));
  };
  await tools.install();
  try {
    for (let round = 1; round <= rounds; round += 1) {
      stand.parts.signal.throwIfAborted();
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
  question: "Do other tools measure the same on these brokers?",
  run: async (stand, { quick, add }) => add(...(await measure(stand, quick ? QUICK : FULL))),
};
