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
import { restoreBackup, type StateBackup } from "../setup/pulumiState.ts";
import { pulumiEnv, readInstallation, type SetupResult } from "../setup/shellEnv.ts";
import { unmountedHierarchies } from "./cgroups.ts";
import type { Leftover } from "./leftover.ts";
import { findLeftovers } from "./leftovers.ts";

interface Options {
  /** Scenarios whose reservations are checked although their stacks are not up. */
  stack: string[];
  clean: boolean;
  gone: boolean;
}

/** Shows what is missing, damaged or left over; with `--clean` removes leftovers. @returns the exit code */
export async function run(command: Command): Promise<number> {
  const options = command.opts<Options>();
  if (options.gone && !options.clean) {
    refuse(command, "--gone works only with --clean: npm run doctor -- --clean --gone");
  }
  return doctor(options);
}

async function doctor({ stack, clean, gone: alsoGone }: Options): Promise<number> {
  const installed = installation();
  const absent = await step("check the installation", () => missing(installed));
  for (const what of absent) console.log(`missing: ${what}`);
  if (absent.length > 0) console.log("         npm run setup installs it");

  const engineHost = installed?.engineHost ?? process.env.DOCKER_HOST ?? DEFAULT_ENGINE;
  const engineAnswers = await ask("docker", ["--host", engineHost, "version"]);
  const cli = installed && { pulumi: path.join(installed.bin, "pulumi"), env: pulumiEnv() };
  const { mine, gone, notes, damaged, backups } = await step("look for leftovers", () =>
    findLeftovers(engineAnswers === undefined ? undefined : engineHost, cli, stack),
  );

  const kept = clean ? await remove(mine) : list("left over", mine);
  const keptGone =
    clean && alsoGone ? await remove(gone) : list("left over by a checkout that is gone", gone);
  for (const note of notes) console.log(note);
  warnOfControlGroups();
  const restored = handleDamaged(damaged, backups, clean);
  if (kept > 0 && !clean) console.log("           npm run doctor -- --clean removes the leftovers");
  if (keptGone > 0 && !(clean && alsoGone)) {
    console.log(
      "           npm run doctor -- --clean --gone also removes the leftovers of checkouts that are gone",
    );
  }
  if (absent.length + mine.length + damaged.length === 0) {
    console.log("all is well: nothing missing, nothing left over");
  }
  const failed = clean && alsoGone ? kept + keptGone : kept;
  return absent.length + damaged.length - restored + failed > 0 ? EXIT.failed : EXIT.done;
}

/** Shows damaged files of Pulumi's state, and restores their backups with `--clean`. @returns how many were restored */
function handleDamaged(damaged: readonly string[], backups: readonly StateBackup[], clean: boolean): number {
  for (const file of damaged) {
    const backup = backups.find((each) => each.file === file);
    if (backup && clean) {
      restoreBackup(backup);
      console.log(`restored: ${file}, from its backup of ${backup.time.toISOString()}`);
    } else {
      console.log(`damaged, so its resources are not known: ${file}`);
      if (backup) console.log(`           its backup is of ${backup.time.toISOString()}`);
    }
  }
  if (backups.length > 0) {
    console.log(
      clean
        ? "          What was created after the backup is not in it: run npm run doctor -- --clean again"
        : "           npm run doctor -- --clean restores it",
    );
  }
  return clean ? backups.length : 0;
}

/** What is missing, as one phrase each. */
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
  if (!existsSync(path.join(bin, "pulumi"))) absent.push("the Pulumi CLI is not installed");
  return absent;
}

/** What setup wrote; undefined if it is missing or cannot be read. */
function installation(): SetupResult | undefined {
  try {
    return existsSync(installationFile) ? readInstallation() : undefined;
  } catch (error) {
    if (error instanceof SwarmbenchError) return undefined; // `setup` writes it again
    throw error;
  }
}

function warnOfControlGroups(): void {
  const unmounted = unmountedHierarchies();
  if (unmounted.length === 0) return;
  console.log(
    `control groups that are not mounted: ${unmounted.join(", ")}; local nodes report no container metrics until this machine is restarted`,
  );
}

/** Prints leftovers. @returns their number */
function list(kind: string, leftovers: readonly Leftover[]): number {
  for (const { what } of leftovers) console.log(`${kind}: ${what}`);
  return leftovers.length;
}

/** Removes leftovers. @returns how many could not be removed */
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
