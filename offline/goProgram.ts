import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { cache } from "../cli/lib/paths.ts";
import { run } from "../cli/lib/run.ts";
import { step } from "../cli/lib/steps.ts";
import { contentKey } from "../cli/setup/contentKey.ts";
import { makeWhole, removeTree } from "../cli/setup/partial.ts";
import { ensureGo } from "./goToolchain.ts";

/** How a program is compiled. */
export interface GoProgram {
  /** The folder of the program's module. */
  directory: string;
  package: string;
  /** Linker flags beyond those that drop the symbols. */
  ldflags?: string;
  /** Build tags. */
  tags?: string[];
  /** Whether C code is linked. False builds a program without libraries. Default: Go decides. */
  cgo?: boolean;
  /** Prepares what the compiler needs in addition to the module, and returns the changed options. */
  prepare?: (build: GoBuild) => Promise<Partial<GoBuild>>;
  /** Version of `prepare`; increase it when `prepare` changes. */
  recipe?: number;
}

/** One run of the compiler. */
export interface GoBuild {
  go: string;
  env: Record<string, string>;
  /** The module's folder. */
  cwd: string;
  /** A temporary folder that is removed after the build. */
  work: string;
}

/** Returns the folder of a module in offline/go. */
export function goModule(name: string): string {
  return path.resolve(import.meta.dirname, "go", name);
}

/** Builds run one after the other, because each uses all cores and reuses packages compiled by earlier ones. */
let lastBuild: Promise<unknown> = Promise.resolve();

/**
 * Compiles a program unless the cache has it.
 *
 * @returns its path, in a folder whose name changes with the program's source and options
 */
export async function ensureGoProgram(name: string, program: GoProgram): Promise<string> {
  const key = contentKey(
    [program.directory],
    program.package,
    program.ldflags ?? "",
    ...furtherTexts(program),
  );
  const file = path.join(cache, "tools", `${name}-${key}`, name);
  if (existsSync(file)) return file;
  const build = lastBuild.then(() => step(`build ${name}`, () => compile(program, file)));
  lastBuild = build.catch(() => {}); // the caller gets the error
  await build;
  return file;
}

function furtherTexts({ tags = [], cgo, recipe }: GoProgram): string[] {
  const texts = { tags: tags.join() || undefined, cgo, recipe };
  return Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]));
}

async function compile(program: GoProgram, file: string): Promise<void> {
  const { go, env } = await ensureGo();
  await makeWhole(path.dirname(file), async (partial) => {
    // Also Go's work folder, which Go does not remove if it is interrupted early.
    const work = path.join(partial, "work");
    mkdirSync(work, { recursive: true });
    const build = { go, env: { ...env, GOTMPDIR: work, ...cgoOf(program) }, cwd: program.directory, work };
    const prepared = { ...build, ...(await program.prepare?.(build)) };
    const output = path.join(partial, path.basename(file));
    await run(go, ["build", ...flagsOf(program), "-o", output, program.package], prepared);
    await removeTree(work);
  });
}

function flagsOf({ ldflags = "", tags = [] }: GoProgram): string[] {
  const tagged = tags.length > 0 ? ["-tags", tags.join()] : [];
  return ["-trimpath", ...tagged, "-ldflags", `-s -w ${ldflags}`.trim()];
}

function cgoOf({ cgo }: GoProgram): Record<string, string> {
  return cgo === undefined ? {} : { CGO_ENABLED: cgo ? "1" : "0" };
}
