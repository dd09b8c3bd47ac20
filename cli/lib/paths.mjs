import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** What is slow to make and can be made again: compiled tools and what they were compiled from. */
export const cache = path.resolve(
  process.env.SWARMBENCH_CACHE ||
    path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "swarmbench"),
);

/** What belongs to this checkout and cannot be made again: keys, passphrase, Pulumi's state. */
export const defaultHome = path.join(project, ".swarmbench");
export const home = path.resolve(process.env.SWARMBENCH_HOME || defaultHome);

export const stateDirectory = path.join(home, "state");
export const passphraseFile = path.join(home, "passphrase");
export const installationFile = path.join(home, "installation.json");

export const pulumiFolder = path.join(home, "pulumi");

/** PULUMI_HOME: the makers' plugins and those built here have the same names and versions, so each have their own. */
export function pulumiHome(/** @type {"official" | "built"} */ source, folder = pulumiFolder) {
  return path.join(folder, source);
}
