import path from "node:path";
import { ensureGo } from "../../offline/goToolchain.ts";
import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { type Follow, follow } from "./follow.ts";
import type { Tally } from "./tally.ts";

const MODULES = ["command-provider", "docker-provider", "pulumi-language-nodejs"];

interface TestEvent {
  Action: string;
  Test?: string;
  Output?: string;
}

/** Format, vet and tests of the Go modules in `offline/go`. */
export async function goTests(tally: Tally): Promise<void> {
  const { go, env } = await ensureGo();
  const root = (await run(go, ["env", "GOROOT"], { env })).trim();
  for (const module of MODULES) {
    const options = { cwd: path.join(project, "offline/go", module), env };
    tally.check(`gofmt -l ${module}`, await isFormatted(path.join(root, "bin/gofmt"), options));
    tally.check(`go vet ${module}`, (await follow(go, ["vet", "./..."], options)) === 0);
    await testModule(module, go, options, tally);
  }
}

async function isFormatted(gofmt: string, options: Follow): Promise<boolean> {
  let unformatted = 0;
  const read = () => {
    unformatted += 1;
  };
  return (await follow(gofmt, ["-l", "."], { ...options, read })) === 0 && unformatted === 0;
}

async function testModule(module: string, go: string, options: Follow, tally: Tally): Promise<void> {
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
