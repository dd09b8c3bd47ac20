// Paths that the user gives to a command, and paths that a command shows to the user.
import path from "node:path";
import type { Command } from "commander";
import { project } from "./paths.ts";

/**
 * The folder in which the user ran the command. `npm run` changes to the project's folder and passes the user's folder in
 * INIT_CWD (https://docs.npmjs.com/cli/commands/npm-run-script); without npm it is the working directory.
 */
export function userFolder(env: NodeJS.ProcessEnv = process.env, folder = process.cwd()): string {
  // A program started by another project's npm script inherits that script's INIT_CWD.
  const isOwnScript = env.npm_package_json === path.join(project, "package.json") && folder === project;
  return (isOwnScript && env.INIT_CWD) || folder;
}

/** The absolute path of a file or folder that the user named, relative to {@link userFolder}. */
export function userPath(file: string): string {
  return path.resolve(userFolder(), file);
}

/**
 * The absolute path of a command's path option. A value that the user gave is relative to {@link userFolder}, the option's
 * default to the project's folder.
 */
export function pathOption(command: Command, name: string): string {
  const value: string = command.getOptionValue(name);
  return command.getOptionValueSource(name) === "default" ? path.resolve(project, value) : userPath(value);
}

/** A path as the user can type it: relative to {@link userFolder} when it lies below that folder, else absolute. */
export function shownPath(file: string): string {
  const relative = path.relative(userFolder(), file);
  return relative.startsWith("..") || path.isAbsolute(relative) ? file : relative || ".";
}
