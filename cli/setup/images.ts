import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { project } from "../lib/paths.ts";
import { run } from "../lib/run.ts";
import { step } from "../lib/steps.ts";
import { imageKey, withBuildContext } from "./buildContext.ts";
import { imageId, imagePrefix } from "./engineImages.ts";
import { type ImageDefinition, STACK_IMAGES, TESTBED_IMAGES, UNCHANGED_IMAGES } from "./imageDefinitions.ts";
import { recallImage, type StoredImage, storeImages } from "./imageStore.ts";
import type { ImageSource, Payload, ToolSource } from "./toolSource.ts";

/** An image in this machine's engine. */
export interface EngineImage {
  tag: string;
  id: string;
}

/** What an image is built from. */
interface Recipe {
  folder: string;
  /** The Dockerfile's folder. */
  directory: string;
  base: string;
  payload: Payload;
  /** Key of its content. */
  key: string;
  /** Its name in the engine. */
  tag: string;
}

/**
 * Builds the missing images that a source has: the testbed's in this machine's engine, the stack's in the image store.
 *
 * @returns every image by its name
 */
export async function ensureImages(
  source: ToolSource,
  engineHost: string,
): Promise<Record<string, EngineImage | StoredImage>> {
  const [testbed, stack] = await Promise.all([
    eachImage(source, TESTBED_IMAGES, async (definition, image) => {
      const recipe = await recipeOf(definition, image);
      return { tag: recipe.tag, id: await ensureInEngine(recipe, source, engineHost) };
    }),
    eachImage(source, { ...STACK_IMAGES, ...UNCHANGED_IMAGES }, async (definition, image) => {
      const recipe = await recipeOf(definition, image);
      if (!recallImage(recipe)) await ensureInEngine(recipe, source, engineHost);
      return recipe;
    }),
  ]);
  const missing = Object.values(stack).filter((recipe) => !recallImage(recipe));
  await storeImages(engineHost, existing(testbed.registry, "registry").id, missing);
  const stored = Object.entries(stack).map(
    ([name, recipe]) => [name, existing(recallImage(recipe), name)] as const,
  );
  return { ...testbed, ...Object.fromEntries(stored) };
}

/** Works on all images that a source has at the same time. */
async function eachImage<T>(
  source: ToolSource,
  definitions: Readonly<Record<string, ImageDefinition>>,
  work: (definition: ImageDefinition, image: ImageSource) => Promise<T>,
): Promise<Record<string, T>> {
  const done = Object.entries(definitions).map(async ([name, definition]) => {
    const image = source.image(name);
    return image ? [[name, await work(definition, image)] as const] : [];
  });
  return Object.fromEntries((await Promise.all(done)).flat());
}

function existing<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the image ${name} was built but is not in the store`);
  return value;
}

async function recipeOf(
  { folder, dockerfile = folder, addition }: ImageDefinition,
  image: ImageSource,
): Promise<Recipe> {
  const [payload, added] = await Promise.all([image.payload(), addition?.()]);
  return recipe(folder, path.join(project, "images", dockerfile), image.base, { ...payload, ...added });
}

function recipe(folder: string, directory: string, base: string, payload: Payload): Recipe {
  const key = imageKey(directory, base, payload);
  return { folder, directory, base, payload, key, tag: `${imagePrefix}/${folder}:${key}` };
}

/** @returns the image's id */
async function ensureInEngine(recipe: Recipe, source: ToolSource, engineHost: string): Promise<string> {
  const { folder, directory, payload, base, tag } = recipe;
  const id = await imageId(engineHost, tag);
  if (id) return id;
  await source.ensureBase(engineHost);
  const args = ["--network", "host", "--build-arg", `BASE=${base}`, "--tag", tag];
  await step(`build the ${folder} image`, () =>
    withBuildContext(directory, payload, (context) =>
      source.fetching(() => run("docker", ["--host", engineHost, "build", ...args, context])),
    ),
  );
  return builtImageId(engineHost, tag);
}

/** An image that only tests need. */
export interface TestImage {
  name: string;
  /** The Dockerfile's folder. */
  directory: string;
  payload: Payload;
  /** The suite of Debian that it starts from, such as trixie. @default that of all other images */
  suite?: string;
}

/**
 * Builds an image that only tests need, from a folder with a Dockerfile, on plain Debian. It stays in the engine and is built
 * again only when its content changes.
 */
export async function ensureTestImage(
  { name, directory, payload, suite }: TestImage,
  source: ToolSource,
  engineHost: string,
): Promise<EngineImage> {
  const base = suite === undefined ? source.debian : await source.debianSuite(suite, engineHost);
  const made = recipe(name, directory, base, payload);
  return { tag: made.tag, id: await ensureInEngine(made, source, engineHost) };
}

async function builtImageId(engineHost: string, tag: string): Promise<string> {
  const id = await imageId(engineHost, tag);
  if (id) return id;
  throw new SwarmbenchError(
    "engine-unsuitable",
    `The image ${tag} was built, but the engine at ${engineHost} does not have it: \`docker build\` uses another builder.`,
    { hint: "Use the engine's own builder: docker buildx use default" },
  );
}
