import { existsSync, linkSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { cache } from "../cli/lib/paths.ts";
import { contentKey } from "../cli/setup/contentKey.ts";
import { makeWhole } from "../cli/setup/partial.ts";
import { versions } from "../cli/setup/versions.ts";
import { ensureGoProgram, goModule } from "./goProgram.ts";

const PULUMI_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Paths of Pulumi's programs. */
export interface PulumiPrograms {
  /** The folder of the CLI and its language host. */
  bin: string;
  docker: string;
  command: string;
}

/** Compiles the CLI, the language host and the two providers, unless the cache has them. */
export async function pulumiTools(): Promise<PulumiPrograms> {
  const [pulumi, languageHost, docker, command] = await Promise.all([
    ensureGoProgram("pulumi", {
      directory: goModule("pulumi-cli"),
      package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      ldflags: `-X ${PULUMI_VERSION}=${versions.pulumi}`,
    }),
    ensureGoProgram("pulumi-language-nodejs", {
      directory: goModule("pulumi-language-nodejs"),
      package: ".",
    }),
    ensureGoProgram("pulumi-resource-docker", { directory: goModule("docker-provider"), package: "." }),
    ensureGoProgram("pulumi-resource-command", { directory: goModule("command-provider"), package: "." }),
  ]);
  return { bin: await toolset(pulumi, languageHost), docker, command };
}

/** A folder that contains these programs: the CLI uses the language host in its own folder. */
async function toolset(...programs: string[]): Promise<string> {
  const directory = path.join(cache, "tools", `toolset-${contentKey([], ...programs)}`);
  if (!existsSync(directory)) {
    await makeWhole(directory, (partial) => {
      mkdirSync(partial, { recursive: true });
      for (const program of programs) linkSync(program, path.join(partial, path.basename(program)));
    });
  }
  return directory;
}

/** Links the providers into Pulumi's plugin folder, with the versions of their SDKs. */
export function linkPlugins(programs: PulumiPrograms, plugins: string): void {
  for (const name of ["docker", "command"] as const) {
    const directory = path.join(plugins, `resource-${name}-v${versions[name]}`);
    mkdirSync(directory, { recursive: true });
    link(programs[name], path.join(directory, `pulumi-resource-${name}`));
  }
}

/** Creates a symbolic link and replaces whatever has its name. */
export function link(target: string, name: string): void {
  if (linkTarget(name) === target) return;
  rmSync(name, { recursive: true, force: true });
  symlinkSync(target, name);
}

function linkTarget(name: string): string | undefined {
  try {
    return readlinkSync(name);
  } catch {
    return undefined; // does not exist, or is not a link
  }
}
