import path from "node:path";
import { ensureGo } from "../../offline/goToolchain.ts";
import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { type FollowOptions, follow } from "./follow.ts";
import type { Tally } from "./tally.ts";

interface TestEvent {
  Action: string;
  Test?: string;
  Output?: string;
}

/**
 * Checks format, vet and tests of Go modules.
 *
 * @param modules their folders, as paths from the project
 */
export async function goTests(tally: Tally, modules: readonly string[]): Promise<void> {
  if (modules.length === 0) return;
  const { go, env } = await ensureGo();
  const root = (await run(go, ["env", "GOROOT"], { env })).trim();
  for (const module of modules) {
    const options = { cwd: path.join(project, module), env };
    tally.check(`gofmt -l ${module}`, await isFormatted(path.join(root, "bin/gofmt"), options));
    tally.check(`go vet ${module}`, (await follow(go, ["vet", "./..."], options)) === 0);
    await testModule(module, go, options, tally);
  }
}

async function isFormatted(gofmt: string, options: FollowOptions): Promise<boolean> {
  let unformatted = 0;
  const read = () => {
    unformatted += 1;
  };
  return (await follow(gofmt, ["-l", "."], { ...options, read })) === 0 && unformatted === 0;
}

async function testModule(module: string, go: string, options: FollowOptions, tally: Tally): Promise<void> {
  const output: string[] = [];
  let [passed, failed] = [0, 0];
  const read = (line: string) => {
    const event = JSON.parse(line) as TestEvent;
    if (event.Output) output.push(event.Output);
    if (event.Test && event.Action === "pass") passed += 1;
    if (event.Test && event.Action === "fail") failed += 1;
  };
  const code = await follow(go, ["test", "-json", "./..."], { ...options, quiet: true, read });
  if (code !== 0) console.log(output.join(""));
  tally.count(true, passed);
  if (code !== 0) tally.count(false, Math.max(failed, 1));
  console.log(`${code === 0 ? "✔" : "✖"} go test ${module} (${passed} tests)`);
}
