import { homedir } from "node:os";
import path from "node:path";

/** The project's folder. */
export const project = path.resolve(import.meta.dirname, "../..");

/** What is slow to make and can be made again: compiled tools, images, and what they were made from. */
export const cache = path.resolve(
  process.env.SWARMBENCH_CACHE ||
    path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "swarmbench"),
);

/**
 * Where root unpacks a system for the base image. On a disk, and neither in the checkout nor in a home folder: root may
 * make it for another user.
 */
export const BASE_SCRATCH = "/var/tmp/swarmbench-base";

/** What belongs to this checkout and cannot be made again: keys, passphrase, Pulumi's state. */
export const defaultHome = path.join(project, ".swarmbench");
export const home = path.resolve(process.env.SWARMBENCH_HOME || defaultHome);

export const stateDirectory = path.join(home, "state");
export const passphraseFile = path.join(home, "passphrase");
export const installationFile = path.join(home, "installation.json");

export const pulumiFolder = path.join(home, "pulumi");

/**
 * PULUMI_HOME of the tools of one source. Each source has its own, because its plugins have the same names and versions
 * as another's.
 */
export function pulumiHome(source: string, folder = pulumiFolder): string {
  return path.join(folder, source);
}
