import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { cache, project } from "../cli/lib/paths.mjs";
import { run } from "../cli/lib/run.mjs";
import { step } from "../cli/lib/steps.mjs";
import { contentKey } from "../cli/setup/contentKey.mjs";
import { makeWhole, removeTree } from "../cli/setup/partial.mjs";
import { ensureGo } from "./goToolchain.mjs";

/**
 * How a program is compiled.
 *
 * @typedef {object} GoProgram
 * @property {string} module its folder in offline/go
 * @property {string} package
 * @property {string} [ldflags] linker flags beyond those that drop the symbols
 * @property {string[]} [tags] build tags
 * @property {boolean} [cgo] whether C is linked in: false makes a program that needs no library, unset leaves it to Go
 * @property {(build: Build) => Promise<Partial<Build>>} [prepare] makes what the compiler needs beyond the module, and
 *   says what changes by it
 * @property {number} [recipe] counted up when `prepare` changes
 *
 * @typedef {object} Build
 * @property {string} go
 * @property {Record<string, string>} env
 * @property {string} cwd the module's folder
 * @property {string} work a folder for the build alone, gone with it
 * @property {string} kept the folder of the program, for what is to stay beside it
 */

/**
 * Compiles a program where the cache does not have it.
 *
 * @param {string} name
 * @param {GoProgram} program
 * @returns {Promise<string>} its path, in a folder of its own that is another one whenever the program is
 */
export async function ensureGoProgram(name, program) {
  const cwd = path.join(project, "offline/go", program.module);
  const key = contentKey([cwd], program.package, program.ldflags ?? "", ...furtherTexts(program));
  const file = path.join(cache, "tools", `${name}-${key}`, name);
  if (!existsSync(file)) await step(`build ${name}`, () => compile(cwd, program, file));
  return file;
}

function furtherTexts({ tags = [], cgo, recipe }) {
  const texts = { tags: tags.join() || undefined, cgo, recipe };
  return Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]));
}

async function compile(cwd, program, file) {
  const { go, env } = await ensureGo();
  await makeWhole(path.dirname(file), async (partial) => {
    // Go's work folder too, which it leaves where it is cut off before it compiles.
    const work = path.join(partial, "work");
    mkdirSync(work, { recursive: true });
    const build = { go, env: { ...env, GOTMPDIR: work, ...cgoOf(program) }, cwd, work, kept: partial };
    const prepared = { ...build, ...(await program.prepare?.(build)) };
    const output = path.join(partial, path.basename(file));
    await run(go, ["build", ...flagsOf(program), "-o", output, program.package], prepared);
    await removeTree(work);
  });
}

function flagsOf({ ldflags = "", tags = [] }) {
  const tagged = tags.length > 0 ? ["-tags", tags.join()] : [];
  return ["-trimpath", ...tagged, "-ldflags", `-s -w ${ldflags}`.trim()];
}

function cgoOf({ cgo }) {
  return cgo === undefined ? {} : { CGO_ENABLED: cgo ? "1" : "0" };
}
