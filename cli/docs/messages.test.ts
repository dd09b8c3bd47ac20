import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { markdownFiles } from "./markdown.ts";

const project = path.resolve(import.meta.dirname, "../..");
const ROOMS = ["bench", "cli", "components", "config", "contract", "lib", "results", "testbeds"];
/** Messages of other programs. */
const FOREIGN = ["the stack is currently locked by", "no route to host", "network is unreachable"];
/** What getting-started.md shows as the program's output. */
const OUTPUT = [
  "installing the npm packages",
  "swarmbench setup: tools and images",
  "start the Docker engine",
  "This checkout is not set up.",
  "Run: npm run setup",
  "round trips",
  "A Docker Swarm of",
  "on the nodes' network",
  "Try next:",
  "latencies in ms, from the time a message was due",
  "was reached",
  "Ctrl-C closes the tunnels.",
  "there are no results in runs/ yet",
  "nothing was started:",
  "unknown setting; the settings are",
  "cannot tell",
  "would have been found with a probability of",
  "all is well: nothing missing, nothing left over",
];

/** Files that parse without showing the library's messages. */
const SILENT = [
  "cli/bench/eventIn.ts",
  "bench/http.ts",
  "bench/probe/iperf.ts",
  "cli/bench/leaseWatch.ts",
  "cli/reserve/arguments.ts",
  "cli/reserve/main.ts",
  "cli/reserve/scenario.ts",
  "components/nodes/engineFacts.ts",
  "results/compare/testbeds.ts",
  "results/machines.ts",
];

const read = (file: string) => readFileSync(path.join(project, file), "utf8");
const files = ROOMS.flatMap((room) =>
  readdirSync(path.join(project, room), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:ts|sh)$/.test(file) && !file.endsWith(".test.ts"))
    .map((file) => `${room}/${file}`),
);
const code = files.map(read).concat(read("swarmbench.mjs")).join("\n");

/** The constant parts of a message: what varies is "…", a number, a name or a placeholder. */
function constantParts(message: string): string[] {
  return message
    .split(/…|\bnode\d\S*|\d+(?: µs| s)?|<[^>]*>/)
    .map((part) => part.trim())
    .filter((part) => part.length >= 6);
}

/** The messages in tables of the form "message | what to do". */
function quotedMessages(text: string): string[] {
  const [, ...tables] = text.split(/^\| message \| what to do \|$/m);
  return tables.flatMap((table) =>
    (table.split("\n\n")[0] ?? "").split("\n").flatMap((row) => {
      const [, cell = ""] = row.split("|");
      return [...cell.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message);
    }),
  );
}

describe("the documentation quotes", () => {
  for (const file of markdownFiles(project)) {
    for (const message of quotedMessages(read(file))) {
      it(`a message that exists: ${file}, ${message}`, () => {
        const parts = constantParts(message);
        const exists = [...FOREIGN, code].some((text) => parts.some((part) => text.includes(part)));
        assert.ok(exists || parts.length === 0, "no source file has it");
      });
    }
  }

  it("output that the program prints, in getting-started.md", () => {
    const page = read("docs/getting-started.md");
    assert.deepEqual(
      OUTPUT.filter((text) => !page.includes(text) || !code.includes(text)),
      [],
    );
  });
});

describe("the words of the schema library", () => {
  it("reach no user: what is parsed with messages has plain ones", () => {
    const calls = files
      .filter((file) => !SILENT.includes(file))
      .flatMap((file) => [...read(file).matchAll(/\.safeParse\(/g)].map(({ index }) => ({ file, index })));
    assert.ok(calls.length >= 10, "the pattern finds the calls");
    for (const { file, index } of calls) {
      assert.match(read(file).slice(index, index + 250), /error: plainMessage/, file);
    }
    assert.deepEqual(
      files.filter((file) => /prettifyError|treeifyError|flattenError/.test(read(file))),
      [],
    );
  });
});
