// Writes the request RSpec of a scenario, for jFed (npm run rspec).
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { requestRspec } from "../../testbeds/rspec/index.ts";
import { type Arguments, HELP, readArguments } from "./arguments.ts";
import { lanOf, scenarioSettings } from "./scenario.ts";

const EXIT = { done: 0, failed: 1, usage: 2 };
const project = path.resolve(import.meta.dirname, "../..");

function main(): number {
  let args: Arguments;
  try {
    args = readArguments(process.argv.slice(2));
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${HELP}`, EXIT.usage);
  }
  if (args.help) {
    process.stdout.write(`${HELP}\n`);
    return EXIT.done;
  }
  try {
    const { nodes, subnet } = lanOf(scenarioSettings(project, args.stack));
    const request = requestRspec(nodes, subnet, args.request);
    if (args.output === "-") process.stdout.write(request);
    else {
      writeFileSync(args.output, request);
      process.stderr.write(
        `${args.output}: ${nodes.length} nodes on ${subnet}. Load it into jFed, run it, and save its manifest.\n`,
      );
    }
    return EXIT.done;
  } catch (error) {
    return fail((error as Error).message, EXIT.failed);
  }
}

function fail(message: string, code: number): number {
  process.stderr.write(`error: ${message}\n`);
  return code;
}

process.exitCode = main();
