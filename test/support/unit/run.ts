/**
 * Runs test files in parallel, in their order, and prints their results with Node's `spec` reporter. Of a program of
 * {@link runGroup}, a failed test is listed with the path of its own file. The files inherit the flags of this process.
 *
 * Arguments: how many at the same time; after how many seconds a file is ended; the files.
 */
import * as path from "node:path";
import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";

interface TestEvent {
  type: string;
  data: { name?: string; nesting?: number; file?: string; line?: number; column?: number };
}

/** A location in this folder stands for the top level of a test file. */
const OWN_FOLDER = import.meta.dirname;

const [concurrency = "1", longestSec = "900", ...files] = process.argv.slice(2);
const events = run({ files, concurrency: Number(concurrency), timeout: Number(longestSec) * 1_000 });
events.on("test:fail", () => {
  process.exitCode = 1;
});
Readable.from(withFiles(events)).pipe(new spec()).pipe(process.stdout);

async function* withFiles(source: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  let file = "";
  for await (const event of source) {
    const { data } = event;
    if (event.type === "test:start" && data.nesting === 0) file = path.resolve(data.name ?? "");
    const location = data.file?.replace(/^file:\/\//, "");
    if (location === undefined || path.dirname(location) !== OWN_FOLDER) yield event;
    else yield { ...event, data: { ...data, file, line: 1, column: 1 } };
  }
}
