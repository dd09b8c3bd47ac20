import { ask } from "../lib/run.ts";

export const DEFAULT_IMAGES = "swarmbench";

/** First part of the images' names: a measurement from nothing has its own. */
export const imagePrefix = process.env.SWARMBENCH_IMAGES || DEFAULT_IMAGES;

/** The id of an image in an engine, undefined where the engine does not have it. */
export function imageId(engineHost: string, tag: string): Promise<string | undefined> {
  return ask("docker", ["--host", engineHost, "image", "inspect", "--format", "{{.Id}}", tag]);
}
