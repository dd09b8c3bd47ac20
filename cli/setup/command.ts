// Stub of this branch, around the program that is there.
import type { Command } from "commander";
import { command, runs } from "../lib/command.ts";

export { setup } from "./main.mjs";

/** `swarmbench setup` */
export function setupCommand(): Command {
  const setup = command({
    name: "setup",
    summary: "Make this machine ready: Docker engine, npm packages, Pulumi with its plugins, keys, images",
    details: "What is there already is left alone; a second run takes a second.",
    examples: ["npm run setup"],
    exits: { done: true, failed: true, usage: "wrong arguments", interrupted: true, terminated: true },
  }).option("--base-image", "only makes the image that the others start from, which needs root", false);
  return runs(setup, async () => async (self) => {
    const { baseImage, setup } = await import("./main.mjs");
    if (self.opts<{ baseImage: boolean }>().baseImage) await baseImage();
    else await setup();
    return undefined;
  });
}
