// Workloads of the OpenMessaging Benchmark (https://github.com/openmessaging/benchmark, class Workload), as settings of swarmbench.
import { z } from "zod";
import { plainMessage } from "../../../contract/plainMessage.ts";
import { MAX_MESSAGE_BYTES, MESSAGE_HEADER_BYTES, type MessageContent } from "../../../contract/workload.ts";
import { type Settings, settingsError } from "../changes.ts";

/** Reads the payload file of a workload. @throws Error if it cannot be read */
export type ReadPayload = (file: string) => Buffer;

/** A workload as settings of swarmbench, not yet validated. */
export interface FoundWorkload extends Settings {
  name: string;
  /** What differs from the file, or has no effect here; one sentence each. */
  notes: string[];
}

const whole = z.int("expected a whole number");
const count = whole.min(0, "expected 0 or more");
const some = whole.min(1, "expected 1 or more");

/** The fields of a workload, of the original and of its forks. Defaults are those of the original. */
const workloadFile = z.looseObject({
  name: z.coerce.string().prefault("workload"),
  topics: some.max(10_000, "expected at most 10000"),
  partitionsPerTopic: some.max(10_000, "expected at most 10000"),
  keyDistributor: z
    .enum(["NO_KEY", "KEY_ROUND_ROBIN", "RANDOM_NANO"], "expected NO_KEY, KEY_ROUND_ROBIN or RANDOM_NANO")
    .prefault("NO_KEY"),
  messageSize: whole
    .min(MESSAGE_HEADER_BYTES, `expected at least ${MESSAGE_HEADER_BYTES}, the length of a message's header`)
    .max(MAX_MESSAGE_BYTES, `expected at most ${MAX_MESSAGE_BYTES}`),
  useRandomizedPayloads: z.boolean().prefault(false),
  randomBytesRatio: z.number().min(0).max(1).prefault(0),
  randomizedPayloadPoolSize: count.prefault(0),
  payloadFile: z.string().nullable().prefault(null),
  subscriptionsPerTopic: whole.min(1, "without a consumer there is no latency; expected 1 or more"),
  /** Early versions had one consumer, and no such field. */
  consumerPerSubscription: whole
    .min(1, "without a consumer there is no latency; expected 1 or more")
    .prefault(1),
  producersPerTopic: some,
  producerRate: count.prefault(0),
  consumerBacklogSizeGB: z
    .literal(0, "building up a backlog before consumers start is not supported; expected 0")
    .prefault(0),
  backlogDrainRatio: z.number().optional(),
  testDurationMinutes: whole
    .min(1, "a run without an end is not supported; expected 1 or more")
    .max(1_440, "expected at most 1440, a day"),
  warmupDurationMinutes: count.max(1_440, "expected at most 1440, a day").prefault(1),
  // Fields of forks.
  producerStartRate: some.optional(),
  producerIncrementRate: count.prefault(0),
  producerIncrementSeconds: some.prefault(60),
  acceptableBacklog: count.optional(),
  producerPauseBeforeDrain: count.optional(),
  producerPauseDuringDrain: count.optional(),
  messageRateReceivedForSubscription: z
    .literal(100, "subscriptions that receive only some of the messages are not supported; expected 100")
    .prefault(100),
  randomTopicNames: z.literal(true, "topic names are always random; expected true").prefault(true),
  logIntervalMillis: count.optional(),
  sampleRateMillis: count.optional(),
  ensureTopicsAreReady: z.boolean().optional(),
  consumerOnly: z.literal(false, "a run without producers is not supported; expected false").prefault(false),
});
type WorkloadFile = z.output<typeof workloadFile>;

/** Maximum number of logical producers of a workload. */
const MAX_PRODUCERS = 100_000;
/** The keys that OMB generates (class KeyDistributor). */
const KEYS = 10_000;
/** The range of the search for the largest rate, messages per second. */
const SEARCH = { from: 1_000, to: 1_000_000 };
/** Longest confirmation of the rate that the search finds, s. */
const MAX_CONFIRM_SEC = 60;

/** Whether a document is a workload of the OpenMessaging Benchmark. */
export function isOmbWorkload(document: object): boolean {
  const own = [
    "partitionsPerTopic",
    "producersPerTopic",
    "messageSize",
    "topicGroups",
    "testDurationMinutes",
  ];
  return own.some((field) => field in document);
}

/**
 * Translates a workload of the OpenMessaging Benchmark.
 *
 * @param payload undefined if the message content is set elsewhere, so that the payload file is not needed
 * @throws SwarmbenchError settings-invalid that names every unsupported field
 */
export function fromOmb(document: object, payload: ReadPayload | undefined): FoundWorkload {
  const { data, error } = workloadFile.safeParse(document, { error: plainMessage });
  const errors = (error?.issues ?? []).map(
    ({ path, message }) => `${path.join(".")}: ${valueText(document, path)}${message}`,
  );
  const unknown = Object.keys(document).filter((field) => !Object.hasOwn(workloadFile.shape, field));
  errors.push(...unknown.map((field) => `${field}: this field is not supported; leave it out`));
  if (data && data.producersPerTopic * data.topics > MAX_PRODUCERS) {
    const all = data.producersPerTopic * data.topics;
    errors.push(`producersPerTopic: ${all} producers on all topics; expected at most ${MAX_PRODUCERS}`);
  }
  const { content, error: contentError } = data ? contentOf(data, payload) : {};
  if (contentError !== undefined) errors.push(contentError);
  if (!data || errors.length > 0) throw settingsError(errors);
  return {
    name: data.name,
    workload: { ...loadOf(data), ...(content === undefined ? {} : { content }) },
    benchmark: benchmarkOf(data),
    notes: notesOf(data),
  };
}

function valueText(document: object, path: PropertyKey[]): string {
  const value = (document as Record<PropertyKey, unknown>)[path[0] ?? ""];
  return value === undefined ? "" : `${JSON.stringify(value)}: `;
}

function loadOf(file: WorkloadFile): Settings["workload"] {
  const { topics, keyDistributor } = file;
  const keys = { NO_KEY: "none", KEY_ROUND_ROBIN: { roundRobin: KEYS }, RANDOM_NANO: { uniform: KEYS } };
  return {
    ...(topics > 1 ? { topics } : {}),
    partitions: file.partitionsPerTopic,
    producers: file.producersPerTopic * topics,
    consumers: file.consumerPerSubscription,
    groups: file.subscriptionsPerTopic,
    messageBytes: file.messageSize,
    keys: keys[keyDistributor],
    // The rate of a search or of rising steps replaces it.
    totalRate: file.producerRate || SEARCH.from,
  };
}

function contentOf(
  file: WorkloadFile,
  read: ReadPayload | undefined,
): { content?: MessageContent; error?: string } {
  const { useRandomizedPayloads, randomBytesRatio, payloadFile, messageSize } = file;
  if (useRandomizedPayloads) return { content: { random: randomBytesRatio } };
  if (payloadFile === null || read === undefined) return {};
  try {
    const bytes = read(payloadFile);
    if (bytes.length === messageSize) return { content: { base64: bytes.toString("base64") } };
    const lengths = `has ${bytes.length} bytes, and messageSize is ${messageSize}; expected the same`;
    return { error: `payloadFile: ${payloadFile}: ${lengths}` };
  } catch (error) {
    return { error: `payloadFile: ${(error as Error).message}` };
  }
}

function benchmarkOf(file: WorkloadFile): Settings["benchmark"] {
  const { producerRate, testDurationMinutes, warmupDurationMinutes } = file;
  if (producerRate === 0) {
    return {
      search: {
        variable: "totalRate",
        ...SEARCH,
        maxTime: `${testDurationMinutes} minutes`,
        confirm: `${Math.min(MAX_CONFIRM_SEC, 60 * testDurationMinutes)} seconds`,
      },
      preheat: warmupDurationMinutes === 0 ? "0 seconds" : `${warmupDurationMinutes} minutes`,
    };
  }
  const warmUpSec = 60 * warmupDurationMinutes;
  const measured = {
    preheat: "0 seconds",
    ...(warmUpSec > 0 ? { warmUp: { min: warmUpSec, max: warmUpSec } } : {}),
    duration: `${testDurationMinutes} minutes`,
  };
  const rates = risingRates(file);
  if (rates.length === 0) return measured;
  const duration = `${file.producerIncrementSeconds} seconds`;
  return { ...measured, warmUp: {}, duration, sweep: { totalRate: rates } };
}

/** The rates of a workload whose rate rises in steps (producerIncrementRate); empty: it does not. */
function risingRates(file: WorkloadFile): number[] {
  const { producerRate, producerStartRate = 10_000, producerIncrementRate, producerIncrementSeconds } = file;
  if (producerIncrementRate === 0 || producerStartRate >= producerRate) return [];
  const most = Math.max(1, Math.floor((60 * file.testDurationMinutes) / producerIncrementSeconds));
  const steps = Math.ceil((producerRate - producerStartRate) / producerIncrementRate) + 1;
  return Array.from({ length: Math.min(steps, most) }, (_, step) =>
    Math.min(producerRate, producerStartRate + step * producerIncrementRate),
  );
}

function notesOf(file: WorkloadFile): string[] {
  const notes: string[] = [];
  if (file.producerRate === 0) {
    notes.push(
      `producerRate 0: the run searches for the largest rate that meets the SLO, from ${SEARCH.from} to ${SEARCH.to} messages/s, and starts no step after testDurationMinutes`,
    );
    if (file.producerStartRate !== undefined || file.acceptableBacklog !== undefined) {
      notes.push(
        "producerStartRate, acceptableBacklog: no effect, since the search chooses its own steps and uses the SLO",
      );
    }
  } else if (risingRates(file).length > 0) {
    notes.push(
      "producerIncrementRate: each rate is a separate step, with new topics and a warm-up before producerIncrementSeconds",
    );
  }
  if (file.useRandomizedPayloads) {
    notes.push(
      "randomizedPayloadPoolSize: messages are cut from 8 MiB of random bytes at random positions instead",
    );
  } else if (file.payloadFile === null) notes.push("no payloadFile: messages have random content");
  if (file.warmupDurationMinutes === 0 && file.producerRate > 0) {
    notes.push("warmupDurationMinutes 0: each step still warms up until its load is steady");
  }
  return notes;
}
