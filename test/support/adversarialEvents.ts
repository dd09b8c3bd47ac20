// Generates files of events by kind: no events at all, odd orders and line ends, and fields with wrong values.
import type { RunEvent } from "../../contract/result.ts";
import { NO_DOCUMENTS, pathsOf, VALUES, withValueAt } from "./hostile.ts";
import { networkRun } from "./networkRun.ts";
import { sampleEvents, sampleStep } from "./sampleRun.ts";

/** The content of an events.jsonl. */
export interface EventsCase {
  what: string;
  content: string | Buffer;
  /** What the message must name; undefined: any line of the file. */
  names?: RegExp;
}

/** One event of each kind, in an order that a runner writes. */
export function oneOfEach(): RunEvent[] {
  const [run, started] = sampleEvents();
  const end = sampleEvents().at(-1);
  const at = "2025-11-24T16:00:09.000Z";
  const sample = sampleStep(1, 10, 2);
  const gaps: [number, number, number][] = [[1_764_000_030_000, 1_764_000_031_000, 1_764_000_031_000]];
  const ackGaps = [{ partition: 0, latestMs: 1_764_000_032_000, droppedMs: 9, gaps }];
  const planned = { fault: "broker-pause", target: "controller", plannedAtSec: 5, plannedSec: 2 } as const;
  const which = { step: 1, number: 1, hit: ["broker-1"], ...planned };
  const result = { ...sample, seconds: sample.seconds.slice(0, 2), ackGaps };
  const [second] = result.seconds;
  if (!run || !started || !end || !second) throw new Error("the sample run has no such events");
  const { network, nodeClocks } = networkRun(2);
  return [
    run,
    ...(network ? [{ event: "network" as const, at, network }] : []),
    started,
    { event: "measured-time", at, step: 1, fromSec: second.at, toSec: second.at + 10 },
    {
      event: "fault-due",
      at,
      ...which,
      options: {},
      dueMs: 1_000 * (second.at + 5),
      error: null,
    },
    {
      event: "fault",
      at,
      record: {
        ...which,
        startedAt: 1_000 * second.at + 200,
        endedAt: 1_000 * second.at + 700,
        uncertainMs: 2,
        error: null,
      },
    },
    { event: "second", step: 1, second },
    { event: "step", at, result },
    { event: "search", at, step: 1, variable: "producers", low: 5, median: 20, high: 80 },
    { event: "scale", at, factor: 0.2, setting: "auto", carriedPerSec: 400, missedPerSec: null },
    { event: "clocks", at, nodes: nodeClocks },
    { event: "warning", at, text: "a warning" },
    { event: "rebalance", at, step: 1, consumers: 2 },
    end,
  ];
}

/** Lines as a file has them. */
export const linesOf = (events: readonly unknown[]) =>
  events.map((event) => `${JSON.stringify(event)}\n`).join("");

/** Fields whose messages have words instead of the path. */
const UNNAMED = ["event", "schemaVersion"];
/** Fields this deep are tried with few values: most are numbers of lists. */
const SHALLOW = 2;
const FEW: readonly unknown[] = [null, "x", -1];

/** One case for every field of every event and every kind of value, and one without the field. */
function fieldCases(): EventsCase[] {
  const events = oneOfEach();
  return events.flatMap((event, index) =>
    pathsOf(event).flatMap((path) =>
      [...(path.length <= SHALLOW ? VALUES : FEW), undefined].map((value) => ({
        what: `${event.event}: ${path.join(".")} = ${String(JSON.stringify(value)).slice(0, 60)}`,
        content: linesOf(events.with(index, withValueAt(event, path, value) as RunEvent)),
        names: new RegExp(`line ${index + 1}: ${UNNAMED.includes(path[0] ?? "") ? "" : path[0]}`),
      })),
    ),
  );
}

function noEvents(): EventsCase[] {
  return Object.entries(NO_DOCUMENTS).map(([what, content]) => ({ what, content }));
}

function oddFiles(): EventsCase[] {
  const events = oneOfEach();
  const text = linesOf(events);
  const [run, ...others] = events;
  const end = events.at(-1);
  const files: Record<string, string | Buffer> = {
    "no end": linesOf(events.slice(0, -1)),
    "only a start": linesOf([run]),
    "no start": linesOf(others),
    "an end first": linesOf([end, ...events]),
    "two ends": linesOf([...events, end]),
    "a start again": linesOf([...events, { ...run, resumed: true }, ...others]),
    "a start of another run": linesOf([...events, { ...run, run: "20251124T170000Z-other-abcdef" }]),
    "all events twice": text + text,
    "all events in reverse": linesOf(events.toReversed()),
    "a step again with another number": linesOf([
      ...events,
      { ...events[4], result: sampleStep(1_000_000, 1, 1) },
    ]),
    "steps out of order": linesOf([
      run,
      ...[3, 1, 2].map((step) => ({
        event: "step",
        at: "2025-11-24T16:00:09Z",
        result: sampleStep(step, step, 2),
      })),
      end,
    ]),
    "Windows line ends": text.replaceAll("\n", "\r\n"),
    "empty lines": text.replaceAll("\n", "\n\n"),
    "a byte order mark": `\ufeff${text}`,
    "an incomplete last line": text.slice(0, -20),
    "a last line without an end": text.slice(0, -1),
    "a line that is cut in the middle of a character": Buffer.concat([
      Buffer.from(text),
      Buffer.from([0xc3]),
    ]),
    "a line of zeros": Buffer.concat([Buffer.from(text), Buffer.alloc(4096), Buffer.from("\n")]),
    "an unknown event": `${text}{"event":"party"}\n`,
    "an event of no kind": `${text}{}\n`,
    "a schema version that is newer": text.replace(/"schemaVersion":\d+/, '"schemaVersion":99'),
    "a schema version that is a text": text.replace(/"schemaVersion":\d+/, '"schemaVersion":"4"'),
    "a document instead of lines": JSON.stringify(events, undefined, 2),
    "a histogram that is cut": text.replace(/("histogram":"[^"]{40})[^"]*"/, '$1"'),
    "a histogram of another kind": text.replace(/"histogram":"[^"]*"/, '"histogram":"AAAA"'),
    "a histogram of a huge size": text.replace(/"histogram":"[^"]*"/, `"histogram":"${hugeHistogram()}"`),
  };
  return Object.entries(files).map(([what, content]) => ({ what, content }));
}

/** The head of an HdrHistogram whose length says two gibibytes: HISTFAAA, in base64. */
function hugeHistogram(): string {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(0x1c849314, 0);
  head.writeUInt32BE(0x7fffffff, 4);
  return head.toString("base64");
}

/** The files, by kind. */
export const EVENTS_KINDS: Readonly<Record<string, () => EventsCase[]>> = {
  "a file that has no events": noEvents,
  "an odd order, line end or histogram": oddFiles,
  "a field of another kind": fieldCases,
};

/**
 * A document with one value in every field where the document stays acceptable.
 *
 * @param accepts whether a document is acceptable
 */
export function withEverywhere(
  document: unknown,
  value: unknown,
  accepts: (changed: unknown) => boolean,
): unknown {
  let changed = document;
  for (const path of pathsOf(document)) {
    const next = withValueAt(changed, path, value);
    if (accepts(next)) changed = next;
  }
  return changed;
}
