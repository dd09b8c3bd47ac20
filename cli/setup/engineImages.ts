import { ask } from "../lib/run.ts";

/** Default of SWARMBENCH_IMAGES, the first part of the images' names. */
export const DEFAULT_IMAGES = "swarmbench";

/** First part of the images' names. Measurements of a setup from nothing use their own. */
export const imagePrefix = process.env.SWARMBENCH_IMAGES || DEFAULT_IMAGES;

/** The id of an image in an engine; undefined if the engine does not have it. */
export function imageId(engineHost: string, tag: string): Promise<string | undefined> {
  return ask("docker", ["--host", engineHost, "image", "inspect", "--format", "{{.Id}}", tag]);
}
