import { readFileSync } from "node:fs";
import * as path from "node:path";

/** Shell text for scripts on machines that defines the function `apt_get`: apt-get that waits for the locks of other package managers. */
export const APT = readFileSync(path.join(import.meta.dirname, "node", "apt.sh"), "utf8");
