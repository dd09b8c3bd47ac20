// Writes the request RSpec of a scenario for jFed (npm run rspec).
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { requestRspec } from "../../testbeds/rspec/index.ts";
import { project } from "../lib/paths.ts";
import { readArguments } from "./arguments.ts";
import { lanOf, scenarioSettings } from "./scenario.ts";

/** Writes the request to a file or to standard output. @throws SwarmbenchError if the configuration is invalid */
export function run(command: Command): undefined {
  const { stack, output, request } = readArguments(command);
  const { nodes, subnet } = lanOf(scenarioSettings(project, stack));
  const rspec = requestRspec(nodes, subnet, request);
  if (output === "-") {
    process.stdout.write(rspec);
    return;
  }
  writeFileSync(output, rspec);
  const done = `${nodes.length} nodes on ${subnet}. Load it into jFed, run it, and save its manifest.`;
  process.stderr.write(`${output}: ${done}\n`);
}
