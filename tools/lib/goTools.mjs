import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { contentKey } from "./contentKey.mjs";
import { ensureGo } from "./goToolchain.mjs";
import { makeWhole, removeTree } from "./partial.mjs";
import { cache, project } from "./paths.mjs";
import { run } from "./run.mjs";
import { step } from "./steps.mjs";
import { versions } from "./versions.mjs";

const PULUMI_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** The tools that are compiled where their makers cannot be reached: module folder, package, linker flags. */
const TOOLS = {
  pulumi: {
    module: "pulumi-cli",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ldflags: `-X ${PULUMI_VERSION}=${versions.pulumi}`,
  },
  "pulumi-language-nodejs": {
    module: "pulumi-language-nodejs",
    package: ".",
    ldflags: "",
  },
  "pulumi-resource-docker": { module: "docker-provider", package: ".", ldflags: "" },
  "pulumi-resource-command": { module: "command-provider", package: ".", ldflags: "" },
};

/**
 * Compiles the tools that the cache does not have.
 *
 * @returns {Promise<Record<keyof typeof TOOLS, string>>} the programs' paths
 */
export async function ensureBuiltTools() {
  const programs = {};
  for (const [name, tool] of Object.entries(TOOLS)) {
    const directory = path.join(project, "tools/go", tool.module);
    const key = contentKey([directory], tool.package, tool.ldflags);
    programs[name] = path.join(cache, "tools", `${name}-${key}`, name);
    if (!existsSync(programs[name])) {
      // One after the other: each build uses all cores, and the later ones find packages that the earlier compiled.
      await step(`build ${name}`, () => build(directory, tool, programs[name]));
    }
  }
  return programs;
}

async function build(directory, tool, program) {
  const { go, env } = await ensureGo();
  const ldflags = `-s -w ${tool.ldflags}`.trim();
  await makeWhole(path.dirname(program), async (partial) => {
    // Go's work folder too, which it leaves where it is cut off before it compiles.
    const work = path.join(partial, "work");
    mkdirSync(work, { recursive: true });
    const output = path.join(partial, path.basename(program));
    await run(go, ["build", "-trimpath", "-ldflags", ldflags, "-o", output, tool.package], {
      cwd: directory,
      env: { ...env, GOTMPDIR: work },
    });
    await removeTree(work);
  });
}
