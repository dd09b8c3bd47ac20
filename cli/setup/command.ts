import type { Command } from "commander";
import { command as describedCommand, runs } from "../lib/command.ts";
import { cache, home } from "../lib/paths.ts";

const DETAILS = `What is there already is left alone; a second run takes a second.

Environment:
  SWARMBENCH_SOURCE=official|built   tools and images from their makers, or built from package registries
                                     (unset: found out once, then remembered)
  SWARMBENCH_CACHE=DIR               what is slow to make        (now ${cache})
  SWARMBENCH_HOME=DIR                keys and Pulumi's state     (now ${home})
  SWARMBENCH_IMAGES=NAME             first part of the images' names (unset: swarmbench)`;

const BASE_IMAGE =
  "only makes the image that the others start from, which needs root; writes nothing into the checkout or a home folder";

/** `swarmbench setup`. */
export function setupCommand(): Command {
  const command = describedCommand({
    name: "setup",
    summary: "Make this machine ready: Docker engine, Pulumi with its plugins, keys, images",
    details: DETAILS,
    examples: ["npm run setup", "sudo npm run setup -- --base-image"],
    exits: { done: true, failed: true, usage: "wrong arguments", interrupted: true, terminated: true },
  }).option("--base-image", BASE_IMAGE, false);
  return runs(command, async () => {
    const { runSetup } = await import("./setup.ts");
    return async (self) => {
      await runSetup(self.opts<{ baseImage: boolean }>());
      return undefined;
    };
  });
}
