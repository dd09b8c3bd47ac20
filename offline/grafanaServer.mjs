import { copyFileSync, cpSync, readdirSync } from "node:fs";
import path from "node:path";
import { run } from "../cli/lib/run.mjs";
import { step } from "../cli/lib/steps.mjs";

const GRAFANA = "github.com/grafana/grafana";
const WIRE = "github.com/google/wire/cmd/wire";

/** What the server reads of its home folder; the web pages are not in its module. */
const HOME_FILES = ["conf/defaults.ini", "public/dashboards", "public/emails", "public/views"];
const PLUGIN_KINDS = ["public/app/plugins/datasource", "public/app/plugins/panel"];

/**
 * Grafana's module holds no generated files, and its server does not compile without one: it is generated in a copy,
 * which takes the module's place in this build. What the server reads at run time is put beside the program.
 *
 * @param {import("./goProgram.mjs").Build} build
 */
export async function prepareGrafana({ go, env, cwd, work, kept }) {
  const module = JSON.parse(await run(go, ["mod", "download", "-json", GRAFANA], { cwd, env }));
  const copy = path.join(work, "grafana");
  // Hard links: the copy is of a hundred megabytes, of which none is changed.
  await run("cp", ["-al", module.Dir, copy]);
  const replaced = path.join(work, "go.mod");
  copyFileSync(path.join(cwd, "go.mod"), replaced);
  copyFileSync(path.join(cwd, "go.sum"), path.join(work, "go.sum"));
  await run(go, ["mod", "edit", "-replace", `${GRAFANA}=${copy}`, replaced], { cwd, env });
  const replacing = { ...env, GOFLAGS: `${env.GOFLAGS} '-modfile=${replaced}'` };
  const wire = ["run", WIRE, "gen", "-tags", "oss", `${GRAFANA}/pkg/server`];
  await step("generate Grafana's wiring", () => run(go, wire, { cwd, env: replacing }));
  copyHome(module.Dir, path.join(kept, "home"));
  return { env: replacing };
}

function copyHome(source, home) {
  const plugins = PLUGIN_KINDS.flatMap((kind) =>
    readdirSync(path.join(source, kind)).map((plugin) => `${kind}/${plugin}/plugin.json`),
  );
  for (const name of [...HOME_FILES, ...plugins]) {
    cpSync(path.join(source, name), path.join(home, name), { recursive: true });
  }
  const views = path.join(home, "public/views");
  // The maker's build fills these with the names of its scripts; without scripts they are pages all the same.
  for (const page of ["index", "error"]) {
    copyFileSync(path.join(views, `${page}-template.html`), path.join(views, `${page}.html`));
  }
}
