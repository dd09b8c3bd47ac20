import { versions } from "../cli/setup/versions.mjs";
import { ensureGoProgram } from "./goProgram.mjs";

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
  // One after the other: each build uses all cores, and the later ones find packages that the earlier compiled.
  for (const [name, tool] of Object.entries(TOOLS)) programs[name] = await ensureGoProgram(name, tool);
  return programs;
}
