import { homedir } from "node:os";
import path from "node:path";

/** The project's folder. */
export const project = path.resolve(import.meta.dirname, "../..");

/** Folder of everything that is slow to make but can be made again: compiled tools, images, and their sources. */
export const cache = path.resolve(
  process.env.SWARMBENCH_CACHE ||
    path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "swarmbench"),
);

/**
 * Where root unpacks a system for the base image. It is on a disk, and neither in the checkout nor in a home folder, because
 * root may make the image for another user.
 */
export const BASE_SCRATCH = "/var/tmp/swarmbench-base";

/** Default of {@link home}. */
export const defaultHome = path.join(project, ".swarmbench");
/** Folder of what belongs to this checkout and cannot be made again: keys, passphrase, Pulumi's state. */
export const home = path.resolve(process.env.SWARMBENCH_HOME || defaultHome);

/** Pulumi's file backend. */
export const stateDirectory = path.join(home, "state");
/** The passphrase of Pulumi's secrets. */
export const passphraseFile = path.join(home, "passphrase");
/** What setup found and made. */
export const installationFile = path.join(home, "installation.json");

/** Parent of the {@link pulumiHome} folders. */
export const pulumiFolder = path.join(home, "pulumi");

/**
 * PULUMI_HOME for the tools of one source. Each source has its own, because the plugins of all sources have the same names and
 * versions.
 */
export function pulumiHome(source: string, folder = pulumiFolder): string {
  return path.join(folder, source);
}
