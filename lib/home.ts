import * as os from "node:os";

/** `~` is the shell's; settings are written for people. */
export function expandHome(file: string): string {
  return file.replace(/^~(?=\/)/, os.homedir());
}
