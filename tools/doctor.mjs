// Tells what is missing and what a crash left over; --clean removes the latter, and nothing else.
import { existsSync } from "node:fs";
import path from "node:path";
import { dockerLeftovers, partialFiles, staleLocks, strayProcesses } from "./lib/leftovers.mjs";
import { installationFile, project } from "./lib/paths.mjs";
import { main } from "./lib/problem.mjs";
import { ask } from "./lib/run.mjs";
import { pulumiEnv, readInstallation } from "./lib/shellEnv.mjs";

const HELP = `npm run doctor [-- --clean]

Tells what this checkout is missing, and what is left over from a crash: containers, networks, volumes and processes
that carry our label and that no stack knows, locks whose pulumi is gone, half-made files.
  --clean   removes the left-overs, and nothing else
Ends with 1 where something is missing or left over.`;

/** @returns {Promise<string[]>} what is missing, a sentence each */
async function missing() {
  if (!existsSync(installationFile)) return ["this checkout is not set up"];
  const { engineHost, images, bin } = readInstallation();
  const docker = (...args) => ask("docker", ["--host", engineHost, ...args]);
  if (!(await docker("version"))) return [`no Docker engine answers at ${engineHost}`];
  const absent = [];
  for (const { tag, id } of Object.values(images)) {
    if (!(await docker("image", "inspect", id))) absent.push(`the image ${tag} is not in the engine`);
  }
  if (!existsSync(path.join(bin, "pulumi"))) absent.push("the Pulumi CLI is not there");
  if (!existsSync(path.join(project, "node_modules"))) absent.push("the npm packages are not installed");
  return absent;
}

async function doctor(clean) {
  const absent = await missing();
  for (const what of absent) console.log(`missing: ${what}`);
  if (absent.length > 0) console.log("         npm run setup puts it right");

  const installed = existsSync(installationFile) ? readInstallation() : undefined;
  const engineHost = installed?.engineHost ?? process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
  const engineAnswers = await ask("docker", ["--host", engineHost, "version"]);
  const found = engineAnswers ? await dockerLeftovers(engineHost) : { leftovers: [], others: [] };
  // Containers first: what they use cannot be removed before them.
  const leftovers = [
    ...strayProcesses(),
    ...found.leftovers,
    ...(installed ? staleLocks(path.join(installed.bin, "pulumi"), pulumiEnv()) : []),
    ...partialFiles(),
  ];
  let failures = 0;
  for (const { what, remove } of leftovers) {
    if (!clean) {
      console.log(`left over: ${what}`);
      continue;
    }
    try {
      await remove();
      console.log(`removed: ${what}`);
    } catch (error) {
      failures += 1;
      console.log(`could not remove: ${what}\n  ${error.message}`);
    }
  }
  for (const stack of found.others) console.log(`in use by another checkout, left alone: ${stack}`);
  if (leftovers.length > 0 && !clean)
    console.log("           npm run doctor -- --clean removes what is left over");
  if (absent.length === 0 && leftovers.length === 0)
    console.log("all is well: nothing missing, nothing left over");
  if (absent.length > 0 || failures > 0 || (leftovers.length > 0 && !clean)) process.exitCode = 1;
}

await main(async () => {
  if (process.argv.includes("--help")) console.log(HELP);
  else await doctor(process.argv.includes("--clean"));
});
