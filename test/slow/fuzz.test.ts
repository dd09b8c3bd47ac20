// Fuzzers for everything that parses texts, files or packets of others. Each runs for a few seconds with new random inputs; a failure
// prints the seed, which repeats it: `SEED=<number> npm run test:slow fuzz`.
import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import * as fc from "fast-check";
import * as exchange from "../../bench/exchange/packet.ts";
import { readStamp, type Stamp } from "../../bench/load/message.ts";
import { parseIperf } from "../../bench/probe/iperf.ts";
import { diskOf, pressureUsOf, stealTicksOf } from "../../bench/probe/kernel.ts";
import { decodePacket } from "../../bench/probe/packet.ts";
import { parseReport } from "../../components/nodes/machines/report.ts";
import { parseSettings } from "../../config/settings.ts";
import { describeError, SwarmbenchError } from "../../contract/errors.ts";
import { runSchema } from "../../contract/result.ts";
import { addressIn, isHostIn, isInNetwork, isSubnet, overlaps } from "../../lib/addresses.ts";
import { isHostName, isUserName, quoteForeign } from "../../lib/hostNames.ts";
import { reportPage } from "../../results/report/html.ts";
import { runTable } from "../../results/report/table.ts";
import { readResults } from "../../results/store.ts";
import * as answers from "../../testbeds/oar/answers.ts";
import { unframed } from "../../testbeds/oar/commands.ts";
import * as parse from "../../testbeds/oar/parse.ts";
import { inspectManifests } from "../../testbeds/rspec/manifests.ts";
import { parseWalltime } from "../../testbeds/walltime.ts";
import { casesByKind } from "../support/adversarial.ts";
import { linesOf, oneOfEach } from "../support/adversarialEvents.ts";
import { OAR_DOCUMENTS } from "../support/adversarialOar.ts";
import { pathsOf, unclear, VALUES, withValueAt } from "../support/hostile.ts";

/** Seconds for each fuzzer. */
const SECONDS = 5;
const seed = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const LIMITS = { numRuns: 10_000_000, interruptAfterTimeLimit: 1_000 * SECONDS, seed };

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-fuzz-"));
after(() => rmSync(folder, { recursive: true }));

/** A text with a few pieces removed, repeated, replaced or inserted. */
function mutated(seeds: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom(
      "<",
      ">",
      '"',
      "{",
      "}",
      "[",
      "]",
      "null",
      "-1",
      "1e999",
      "\n",
      "\0",
      "\u202e",
      "&#0;",
      "]]>",
      "=",
      "/",
      "..",
    ),
  );
  const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(40), piece });
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([text, changes]) =>
      changes.reduce((changed, { at, length, piece }) => {
        const start = Math.floor(at * changed.length);
        return changed.slice(0, start) + piece + changed.slice(start + length);
      }, text),
    );
}

/** A document in which a few fields have other values. */
function mutatedDocument<T>(documents: readonly T[]): fc.Arbitrary<unknown> {
  const value = fc.oneof(fc.constantFrom(...VALUES), fc.jsonValue({ maxDepth: 2 }), fc.double(), fc.string());
  const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), value);
  return fc
    .tuple(fc.constantFrom(...documents), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([document, changes]) =>
      changes.reduce<unknown>((changed, [at, other]) => {
        const paths = pathsOf(changed);
        const chosen = paths[Math.floor(at * paths.length)];
        return chosen ? withValueAt(changed, chosen, other) : changed;
      }, document),
    );
}

/** Runs a parser, which may only throw an error for the user. @returns its value; undefined if it threw */
function parsed<T>(parser: () => T): T | undefined {
  try {
    return parser();
  } catch (error) {
    assert.ok(error instanceof SwarmbenchError, (error as Error).stack ?? String(error));
    assert.equal(unclear(error.text), undefined, error.text.slice(0, 500));
    return undefined;
  }
}

/** The same for parsers whose plain errors become part of another message. */
function tried<T>(parser: () => T): T | undefined {
  try {
    return parser();
  } catch (error) {
    assert.doesNotMatch(describeError(error), /please report/);
    return undefined;
  }
}

const fuzz = <T>(input: fc.Arbitrary<T>, check: (value: T) => void) =>
  fc.assert(
    fc.property(input, (value) => check(value)),
    LIMITS,
  );

describe("no input of others crashes its parser:", () => {
  it("settings", () => {
    const configs = casesByKind().map(({ config }) => config);
    const texts = (config: object) =>
      Object.fromEntries(
        Object.entries(config).map(([key, value]) => [
          key,
          typeof value === "string" ? value : (JSON.stringify(value) ?? ""),
        ]),
      );
    fuzz(mutatedDocument(configs), (config) => {
      parsed(() => parseSettings(texts(config as object), "s", "ann"));
    });
  });

  it("manifests", () => {
    const fixtures = path.resolve(import.meta.dirname, "../fixtures/rspec");
    const seeds = readdirSync(fixtures)
      .filter((name) => name.endsWith(".xml"))
      .map((name) => readFileSync(path.join(fixtures, name), "utf8"));
    fuzz(mutated(seeds), (text) => {
      const { nodes, errors, ignored } = inspectManifests([{ name: "m.xml", text }]);
      for (const { login } of nodes) {
        assert.ok(isHostName(login.host) && isUserName(login.user), JSON.stringify(login));
      }
      for (const error of [...errors, ...ignored]) assert.equal(unclear(error.text), undefined, error.text);
    });
  });

  it("answers of OAR as documents", () => {
    fuzz(mutatedDocument(OAR_DOCUMENTS), (document) => {
      const jobs = [
        parsed(() => parse.readRestJob(document, undefined, 0)),
        parsed(() => parse.readG5kJob(document, 0)),
        ...(parsed(() => parse.readOarstat(JSON.stringify({ 1: document }), 0)) ?? []),
      ];
      for (const address of jobs.flatMap((job) => job?.addresses ?? []))
        assert.ok(isHostName(address), address);
      parsed(() => parse.readRestItems(document));
      parsed(() => parse.readRestNodes(document));
      parsed(() => parse.readRestResources(document));
      parsed(() => parse.readRestSubmission(document));
    });
  });

  it("answers of OAR as texts", () => {
    const seeds = [
      ...OAR_DOCUMENTS.map((document) => JSON.stringify({ 1: document }, undefined, 3)),
      "OAR_JOB_ID=42\n",
      '{"message": "Oarsub command exited with status 8: no\\nCmd:\\noarsub"}',
      "swarmbench-begin\nfailed: a b\n\nswarmbench-end 0 1795404700\n",
    ];
    fuzz(fc.tuple(mutated(seeds), fc.integer({ min: 0, max: 600 })), ([text, code]) => {
      parsed(() => parse.readOarstat(text, 0));
      parsed(() => parse.readOarnodes(text));
      parsed(() => answers.readSubmission({ code: code % 2 === 0 ? 0 : code, text }));
      parsed(() => answers.readDeletion(1, { code, text }));
      parsed(() => answers.readExtension(1, { code, text }));
      parsed(() => answers.readRestError(code, text));
      const frame = unframed(text);
      if (frame) assert.ok(Number.isSafeInteger(frame.code) && Number.isSafeInteger(frame.now));
      assert.doesNotMatch(String(parseWalltime(text)), /NaN/);
    });
  });

  const events = oneOfEach();
  const readText = (text: string) => {
    writeFileSync(path.join(folder, "events.jsonl"), text);
    return parsed(() => readResults(folder));
  };

  it("files of events", () => {
    fuzz(mutated([linesOf(events)]), (text) => {
      const run = readText(text);
      if (run) assert.equal(runSchema.safeParse(JSON.parse(JSON.stringify(run))).error, undefined);
    });
  });

  it("events, and the reports of those that are accepted", () => {
    const changed = fc.tuple(fc.nat(events.length - 1), mutatedDocument(events));
    fuzz(changed, ([index, event]) => {
      const run = readText(linesOf(events.with(index, event as (typeof events)[number])));
      if (!run) return;
      runTable(run);
      assert.doesNotMatch(reportPage(run), /<script|\[object/);
    });
  });

  it("what machines print", () => {
    const report = [
      ...[
        "time=1",
        "uid=0",
        "user=root",
        "hostname=a",
        "arch=x86_64",
        "kernel=Linux",
        "machine=m",
        "os=Debian",
      ],
      ...[
        "cpus=4",
        "memoryMiB=8000",
        "freeMiB=9000",
        "setsClock=yes",
        "init=systemd",
        "address=10.0.0.1/24 eth0",
      ],
      ...["constructor=x", "__proto__=x", "toString=x", "complete=yes"],
    ].join("\n");
    fuzz(mutated([report]), (text) => {
      const result = tried(() => parseReport(text));
      if (result) assert.ok(Array.isArray(result.address) && typeof result.hostname === "string");
    });
  });

  it("what kernels and tools print", () => {
    const seeds = [
      "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2",
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=123\n",
      " 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n",
      '{"end":{"sum_received":{"bits_per_second":1e9}}}',
      '{"error":"unable to connect"}',
    ];
    fuzz(mutated(seeds), (text) => {
      assert.ok(!Number.isNaN(stealTicksOf(text)));
      assert.ok(!Number.isNaN(pressureUsOf(text)));
      const disk = diskOf(text);
      for (const value of [disk.readBytes, disk.writtenBytes, ...Object.values(disk.busyMs)]) {
        assert.ok(!Number.isNaN(value), JSON.stringify(text));
      }
      const rate = tried(() => parseIperf(text));
      assert.ok(rate === undefined || Number.isFinite(rate));
    });
  });

  it("packets and messages", () => {
    const stamp: Stamp = { run: 0, step: 0, producer: 0, sequence: 0, intendedUs: 0, sentUs: 0 };
    const head = fc.constantFrom(
      Buffer.alloc(0),
      Buffer.from("53425832", "hex"),
      Buffer.from("53420100", "hex"),
    );
    const packet = fc.tuple(head, fc.uint8Array({ maxLength: 80 })).map((parts) => Buffer.concat(parts));
    const challenge = exchange.newChallenge("token");
    fuzz(packet, (bytes) => {
      decodePacket(bytes);
      readStamp(bytes, stamp);
      const found = exchange.read(bytes);
      if (found?.kind === "answer") assert.equal(exchange.answers(found, challenge), false);
      if (found?.kind === "question") {
        const received = { us: 0, steppedUs: 0 };
        assert.equal(
          exchange.answer(bytes, "token", received, () => 0),
          undefined,
        );
      }
    });
  });

  it("names and addresses", () => {
    const text = fc.oneof(
      mutated(["10.0.0.0/8", "fe80::1", "host-1.example.org", "ann"]),
      fc.ipV4(),
      fc.ipV6(),
      fc.domain(),
    );
    fuzz(fc.tuple(text, text), ([a, b]) => {
      if (isHostName(a)) assert.doesNotMatch(a, /[\s%/;$"'`\\]|^-/);
      if (isUserName(a)) assert.match(a, /^[\w][\w.@-]*$/);
      assert.equal(unclear(quoteForeign(a)), undefined);
      if (!isSubnet(a)) return;
      assert.equal(typeof addressIn(a, 1), "string");
      isHostIn(a, b);
      isInNetwork(a, b);
      if (isSubnet(b)) assert.equal(overlaps(a, b), overlaps(b, a));
    });
  });
});

describe("a file of events of more than 512 MiB, which is more than a text can have", () => {
  it("is read", () => {
    const [run, ...others] = oneOfEach();
    const second = others.find(({ event }) => event === "second");
    const file = path.join(folder, "events.jsonl");
    writeFileSync(file, linesOf([run]));
    const line = Buffer.from(`${JSON.stringify(second)}${" ".repeat(2 ** 20)}\n`);
    for (let index = 0; index < 520; index += 1) appendFileSync(file, line);
    appendFileSync(file, linesOf(others));
    assert.ok(statSync(file).size > 2 ** 29);
    assert.equal(readResults(folder).steps.length, 1);
  });
});
