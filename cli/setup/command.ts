import type { Command } from "commander";
import { command as describedCommand, runs } from "../lib/command.ts";
import { cache, home } from "../lib/paths.ts";

const DETAILS = `Keeps what exists already; running it again takes about a second.

Environment:
  SWARMBENCH_SOURCE=official|built   tools and images from their makers, or built from package registries
                                     (default: official if their sites answer at the first setup)
  SWARMBENCH_CACHE=DIR               compiled tools and images   (now ${cache})
  SWARMBENCH_HOME=DIR                keys and Pulumi's state     (now ${home})
  SWARMBENCH_IMAGES=NAME             first part of the images' names (default: swarmbench)`;

const BASE_IMAGE =
  "only make the base of all images, which needs root; write nothing into the checkout or a home folder";

/** `swarmbench setup`. */
export function setupCommand(): Command {
  const command = describedCommand({
    name: "setup",
    summary: "Set this machine up: Docker engine, Pulumi with its plugins, keys, images",
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
