// Tells what is missing and what a crash left over; --clean removes the latter, and nothing else.
import { existsSync } from "node:fs";
import path from "node:path";
import { installationFile, project } from "../lib/paths.ts";
import { main, Problem } from "../lib/problem.ts";
import { ask } from "../lib/run.ts";
import { Stopped } from "../lib/signals.ts";
import { DEFAULT_ENGINE } from "../setup/host.ts";
import { pulumiEnv, readInstallation } from "../setup/shellEnv.ts";
import { unmountedHierarchies } from "./cgroups.mjs";
import { findLeftovers } from "./leftovers.mjs";

const HELP = `npm run doctor [-- --clean [--gone]]

Tells what this checkout is missing, and what is left over from a crash: containers, networks and volumes that carry
our label and that no stack knows, processes and locks whose pulumi is gone, half-made files, and jobs of OAR that are reserved
for a scenario (testbed.kind: oar) whose stack does not know them, such as those of npm run reserve.
  --clean          removes what this checkout has left over, and nothing else
  --clean --gone   removes as well what belongs to checkouts whose folder is not there any more
Ends with 1 where something is missing, damaged or left over.`;

/** @returns {Promise<string[]>} what is missing, a sentence each */
async function missing(installed) {
  if (!installed) return ["this checkout is not set up"];
  const { engineHost, images, bin } = installed;
  const docker = (...args) => ask("docker", ["--host", engineHost, ...args]);
  if (!(await docker("version"))) return [`no Docker engine answers at ${engineHost}`];
  const absent = [];
  for (const { tag, id, tree } of Object.values(images)) {
    if (tree) {
      if (!existsSync(tree)) absent.push(`the image ${path.basename(tree)} is not in the cache`);
    } else if (!(await docker("image", "inspect", id))) absent.push(`the image ${tag} is not in the engine`);
  }
  if (!existsSync(path.join(bin, "pulumi"))) absent.push("the Pulumi CLI is not there");
  if (!existsSync(path.join(project, "node_modules"))) absent.push("the npm packages are not installed");
  return absent;
}

/** What setup wrote, undefined where it wrote nothing that can be read. */
function installation() {
  try {
    return existsSync(installationFile) ? readInstallation() : undefined;
  } catch (error) {
    if (error instanceof Problem) return undefined; // setup makes it anew
    throw error;
  }
}

async function doctor(clean, alsoGone) {
  const installed = installation();
  const absent = await missing(installed);
  for (const what of absent) console.log(`missing: ${what}`);
  if (absent.length > 0) console.log("         npm run setup puts it right");

  const engineHost = installed?.engineHost ?? process.env.DOCKER_HOST ?? DEFAULT_ENGINE;
  const engineAnswers = await ask("docker", ["--host", engineHost, "version"]);
  const cli = installed && { pulumi: path.join(installed.bin, "pulumi"), env: pulumiEnv() };
  const { mine, gone, notes, damaged } = await findLeftovers(engineAnswers && engineHost, cli);

  const kept = clean ? await remove(mine) : report("left over", mine);
  const keptGone =
    clean && alsoGone ? await remove(gone) : report("left over by a checkout that is gone", gone);
  for (const note of notes) console.log(note);
  const unmounted = unmountedHierarchies();
  if (unmounted.length > 0) {
    console.log(
      `control groups that are mounted nowhere here: ${unmounted.join(", ")}; local nodes tell no figures of containers until a restart of this machine`,
    );
  }
  for (const file of damaged) console.log(`damaged, so what it knew is not known: ${file}`);
  if (kept > 0 && !clean) console.log("           npm run doctor -- --clean removes what is left over");
  if (keptGone > 0 && !(clean && alsoGone)) {
    console.log("           npm run doctor -- --clean --gone removes what gone checkouts left as well");
  }
  if (absent.length + mine.length + damaged.length === 0) {
    console.log("all is well: nothing missing, nothing left over");
  }
  const failed = clean && alsoGone ? kept + keptGone : kept;
  if (absent.length + damaged.length + failed > 0) process.exitCode = 1;
}

/** @returns {number} how many are left */
function report(kind, leftovers) {
  for (const { what } of leftovers) console.log(`${kind}: ${what}`);
  return leftovers.length;
}

/** @returns {Promise<number>} how many are left */
async function remove(leftovers) {
  let failures = 0;
  for (const leftover of leftovers) {
    try {
      await leftover.remove();
      console.log(`removed: ${leftover.what}`);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      failures += 1;
      console.log(`could not remove: ${leftover.what}\n  ${error.message}`);
    }
  }
  return failures;
}

await main(async () => {
  const asked = (flag) => process.argv.includes(flag);
  if (asked("--help")) console.log(HELP);
  else if (asked("--gone") && !asked("--clean"))
    throw new Problem("--gone says what else to remove.", "Run: npm run doctor -- --clean --gone");
  else await doctor(asked("--clean"), asked("--gone"));
});
