import path from "node:path";
import { project } from "../lib/paths.ts";
import { shownPath } from "../lib/userPaths.ts";

/** Default port of the live page. */
export const WATCH_PORT = 4600;

/** The line in which a run prints the address of the live page. @param results absolute path of the folder of its results */
export function watchLine(results: string): string {
  const other = results === path.join(project, "runs") ? "" : ` -- --results ${shownPath(results)}`;
  return `watch it in a browser: npm run watch${other}, then http://127.0.0.1:${WATCH_PORT}/`;
}
