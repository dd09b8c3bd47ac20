import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/**
 * A hash of the content of files and folders and of further texts. What was made from content with the same key need not be
 * made again. Unit tests (`*.test.ts`) do not count.
 *
 * @param paths files and folders
 * @returns 16 hexadecimal digits
 */
export function contentKey(paths: string[], ...texts: string[]): string {
  const hash = createHash("sha256");
  for (const [index, root] of paths.entries()) {
    for (const file of filesBelow(root)) {
      hash.update(`${index}\0${path.relative(root, file)}\0${statSync(file).mode & 0o111}\0`);
      hash.update(readFileSync(file)).update("\0");
    }
  }
  for (const text of texts) hash.update(`${text}\0`);
  return hash.digest("hex").slice(0, 16);
}

function filesBelow(root: string): string[] {
  if (!statSync(root).isDirectory()) return [root];
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(root, name))
    .filter((file) => statSync(file).isFile() && !file.endsWith(".test.ts"))
    .sort();
}
