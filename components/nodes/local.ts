import type { LocalSettings } from "../../config/testbed/local.ts";
import type { OpenTestbed } from "./kind.ts";
import { openLocal } from "./local/openLocal.ts";

/** Opens a testbed whose nodes are containers on this machine. */
export const open: OpenTestbed<LocalSettings> = async ({ testbed: local, ...args }) => {
  const { testbed, swarmState } = await openLocal({ ...args, local });
  return { settings: args.settings, testbed, swarmState };
};
