import { fromMakers } from "./fromMakers.ts";
import { DEBIAN, debianImage, IMAGES } from "./imageDefinitions.ts";
import { ensurePulumi } from "./pulumi.ts";
import type { ToolSource } from "./toolSource.ts";

/** Tools and images as their makers publish them. */
export const official: ToolSource = {
  name: "official",
  title: "from their makers",
  debian: DEBIAN,
  debianSuite: async (suite) => debianImage(suite),
  ensurePulumi,
  checkEngine: async () => {},
  image(name) {
    const base = IMAGES[name]?.official;
    return base === undefined ? undefined : { base, payload: async () => ({}) };
  },
  leftOut: {},
  withoutPages: [],
  goModules: [],
  ensureBase: async () => {}, // the engine pulls it
  fetching: fromMakers,
};
