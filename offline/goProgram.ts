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
  /** The folder of its module. */
  directory: string;
  package: string;
  /** Linker flags beyond those that drop the symbols. */
  ldflags?: string;
  /** Build tags. */
  tags?: string[];
  /** Whether C is linked in: false makes a program that needs no library, unset leaves it to Go. */
  cgo?: boolean;
  /** Makes what the compiler needs beyond the module, and returns what changes by it. */
  prepare?: (build: GoBuild) => Promise<Partial<GoBuild>>;
  /** Counted up when `prepare` changes. */
  recipe?: number;
}

/** One run of the compiler. */
export interface GoBuild {
  go: string;
  env: Record<string, string>;
  /** The module's folder. */
  cwd: string;
  /** A folder for the build alone, gone with it. */
  work: string;
}

/** The folder of a module of offline/go. */
export function goModule(name: string): string {
  return path.resolve(import.meta.dirname, "go", name);
}

/** One program after the other: each build uses all cores, and the later ones find packages that the earlier compiled. */
let lastBuild: Promise<unknown> = Promise.resolve();

/**
 * Compiles a program unless the cache has it.
 *
 * @returns its path, in a folder of its own that is another one whenever the program is
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
  lastBuild = build.catch(() => {}); // the caller hears of it
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
    // Go's work folder too, which it leaves where it is cut off before it compiles.
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
