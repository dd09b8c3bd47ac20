// Stub of this branch: the real bootstrap also installs the npm packages where they are missing.
import { register } from "tsx/esm/api";

register();
await import("./cli/main.ts");
