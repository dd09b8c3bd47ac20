import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ask, run } from "../cli/lib/run.ts";
import { step } from "../cli/lib/steps.ts";
import { ensurePrograms } from "../cli/setup/host.ts";
import { SwarmbenchError } from "../contract/errors.ts";
import type { GoBuild } from "./goProgram.ts";

const FLUX = "github.com/influxdata/flux";
/** Minimum minor version of cargo 1.x for libflux. Debian's cargo is older; its package cargo-web is recent enough. */
const OLDEST_CARGO = 72;

/** Builds the Rust library of InfluxDB's query language, which the build of influxd finds through pkg-config. */
export async function prepareLibflux({ go, env, cwd, work }: GoBuild): Promise<Partial<GoBuild>> {
  await ensurePrograms({ cargo: ["cargo-web", "cargo"], gcc: "gcc", "pkg-config": "pkg-config" });
  const cargoEnv = await rustOf(work);
  const download = await run(go, ["mod", "download", "-json", FLUX], { cwd, env });
  const module = JSON.parse(download) as { Dir: string; Version: string };
  const target = path.join(work, "libflux");
  const source = path.join(module.Dir, "libflux");
  // Only the kind of library that is linked: all three kinds of the crate would take 50 % longer.
  const kind = ["--package", "flux", "--lib", "--crate-type", "staticlib"];
  const cargo = ["rustc", "--quiet", "--locked", "--release", "--target-dir", target, ...kind];
  await step("build libflux", () => run("cargo", cargo, { cwd: source, env: cargoEnv }));
  const description = `Name: flux
Description: InfluxDB's query language
Version: ${module.Version.slice(1)}
Libs: -L${path.join(target, "release")} -lflux -ldl -lm
Cflags: -I${path.join(source, "include")}
`;
  writeFileSync(path.join(target, "flux.pc"), description);
  return { env: { ...env, PKG_CONFIG_PATH: target } };
}

/** Cargo's environment: downloads are removed with the build, and the installed Rust compiles the library. */
async function rustOf(work: string): Promise<Record<string, string>> {
  const version = await ask("cargo", ["--version"]);
  if (!(Number(/^cargo 1\.(\d+)/.exec(version ?? "")?.[1]) >= OLDEST_CARGO)) {
    throw new SwarmbenchError(
      "program-missing",
      `InfluxDB's query language needs Rust's cargo 1.${OLDEST_CARGO} or newer; installed: ${version ?? "none"}.`,
      {
        hint: "Install a newer one (Debian: sudo apt-get install cargo-web), then run `npm run setup` again.",
      },
    );
  }
  // Newer compilers have more warnings, and the crate turns every warning into an error.
  const wrapper = path.join(work, "rustc-warn");
  writeFileSync(wrapper, '#!/bin/sh\nexec "$@" --cap-lints warn\n', { mode: 0o755 });
  const home = path.join(work, "cargo");
  mkdirSync(home);
  // Overrides the crate's own toolchain, which rustup would download.
  const toolchain = /^\S+/.exec((await ask("rustup", ["show", "active-toolchain"])) ?? "")?.[0];
  const env: Record<string, string> = { CARGO_HOME: home, RUSTC_WRAPPER: wrapper };
  if (toolchain) env.RUSTUP_TOOLCHAIN = toolchain;
  return env;
}
