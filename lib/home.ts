import * as os from "node:os";

/** Replaces a leading `~/` by the home folder, as a shell does. */
export function expandHome(file: string): string {
  return file.replace(/^~(?=\/)/, os.homedir());
}
