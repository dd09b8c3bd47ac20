/**
 * Runs programs of {@link runGroup} in parallel and prints their results with Node's `spec` reporter, except that a failed
 * test is listed with the path of its own file. The programs inherit the flags of this process.
 */
import * as path from "node:path";
import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";

interface TestEvent {
  type: string;
  data: { name?: string; nesting?: number; file?: string; line?: number; column?: number };
}

/** A group that takes longer hangs in a loop, which the time limit of a file cannot end. */
const GROUP_TIMEOUT_MS = 900_000;
/** A location in this folder stands for the top level of a test file. */
const OWN_FOLDER = import.meta.dirname;

const [concurrency = "1", ...files] = process.argv.slice(2);
const events = run({ files, concurrency: Number(concurrency), timeout: GROUP_TIMEOUT_MS });
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
