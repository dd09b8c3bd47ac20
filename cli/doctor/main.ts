import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { describeError, EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { refuse } from "../lib/command.ts";
import { installationFile } from "../lib/paths.ts";
import { ask } from "../lib/run.ts";
import { Stopped } from "../lib/signals.ts";
import { step } from "../lib/steps.ts";
import { DEFAULT_ENGINE } from "../setup/host.ts";
import { pulumiEnv, readInstallation, type SetupResult } from "../setup/shellEnv.ts";
import { unmountedHierarchies } from "./cgroups.ts";
import type { Leftover } from "./leftover.ts";
import { findLeftovers } from "./leftovers.ts";

interface Options {
  /** Scenarios whose reservations are looked for although their stacks are not up. */
  stack: string[];
  clean: boolean;
  gone: boolean;
}

/** Shows what is missing, damaged or left over; removes the latter with `--clean`. @returns the exit code */
export async function run(command: Command): Promise<number> {
  const options = command.opts<Options>();
  if (options.gone && !options.clean) {
    refuse(command, "--gone says what else to remove; run: npm run doctor -- --clean --gone");
  }
  return doctor(options);
}

async function doctor({ stack, clean, gone: alsoGone }: Options): Promise<number> {
  const installed = installation();
  const absent = await step("look at the installation", () => missing(installed));
  for (const what of absent) console.log(`missing: ${what}`);
  if (absent.length > 0) console.log("         npm run setup puts it right");

  const engineHost = installed?.engineHost ?? process.env.DOCKER_HOST ?? DEFAULT_ENGINE;
  const engineAnswers = await ask("docker", ["--host", engineHost, "version"]);
  const cli = installed && { pulumi: path.join(installed.bin, "pulumi"), env: pulumiEnv() };
  const { mine, gone, notes, damaged } = await step("look for leftovers", () =>
    findLeftovers(engineAnswers === undefined ? undefined : engineHost, cli, stack),
  );

  const kept = clean ? await remove(mine) : list("left over", mine);
  const keptGone =
    clean && alsoGone ? await remove(gone) : list("left over by a checkout that is gone", gone);
  for (const note of notes) console.log(note);
  warnOfControlGroups();
  for (const file of damaged) console.log(`damaged, so what it knew is not known: ${file}`);
  if (kept > 0 && !clean) console.log("           npm run doctor -- --clean removes what is left over");
  if (keptGone > 0 && !(clean && alsoGone)) {
    console.log("           npm run doctor -- --clean --gone removes what gone checkouts left as well");
  }
  if (absent.length + mine.length + damaged.length === 0) {
    console.log("all is well: nothing missing, nothing left over");
  }
  const failed = clean && alsoGone ? kept + keptGone : kept;
  return absent.length + damaged.length + failed > 0 ? EXIT.failed : EXIT.done;
}

/** What is missing, a sentence each. */
async function missing(installed: SetupResult | undefined): Promise<string[]> {
  if (!installed) return ["this checkout is not set up"];
  const { engineHost, images, bin } = installed;
  const docker = (...args: string[]) => ask("docker", ["--host", engineHost, ...args]);
  if (!(await docker("version"))) return [`no Docker engine answers at ${engineHost}`];
  const absent: string[] = [];
  for (const image of Object.values(images)) {
    if ("tree" in image) {
      if (!existsSync(image.tree)) absent.push(`the image ${path.basename(image.tree)} is not in the cache`);
    } else if (!(await docker("image", "inspect", image.id))) {
      absent.push(`the image ${image.tag} is not in the engine`);
    }
  }
  if (!existsSync(path.join(bin, "pulumi"))) absent.push("the Pulumi CLI is not there");
  return absent;
}

/** What setup wrote, undefined where it wrote nothing that can be read. */
function installation(): SetupResult | undefined {
  try {
    return existsSync(installationFile) ? readInstallation() : undefined;
  } catch (error) {
    if (error instanceof SwarmbenchError) return undefined; // setup makes it again
    throw error;
  }
}

function warnOfControlGroups(): void {
  const unmounted = unmountedHierarchies();
  if (unmounted.length === 0) return;
  console.log(
    `control groups that are mounted nowhere here: ${unmounted.join(", ")}; local nodes tell no figures of containers until a restart of this machine`,
  );
}

/** @returns how many are left */
function list(kind: string, leftovers: readonly Leftover[]): number {
  for (const { what } of leftovers) console.log(`${kind}: ${what}`);
  return leftovers.length;
}

/** @returns how many are left */
async function remove(leftovers: readonly Leftover[]): Promise<number> {
  let failures = 0;
  for (const leftover of leftovers) {
    try {
      await leftover.remove();
      console.log(`removed: ${leftover.what}`);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      failures += 1;
      console.log(`could not remove: ${leftover.what}\n  ${describeError(error)}`);
    }
  }
  return failures;
}
