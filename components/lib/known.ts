import type * as pulumi from "@pulumi/pulumi";

/** What the SDK's outputs have, and its types do not tell. */
interface Knowable<T> {
  isKnown: Promise<boolean>;
  promise(withUnknowns?: boolean): Promise<T>;
}

/**
 * Waits for an output and gives its value; undefined where a preview cannot know it. For the rare program that must know before
 * it can say what else it wants.
 */
export async function whenKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const { isKnown, promise } = output as unknown as Knowable<T>;
  return (await isKnown) ? promise.call(output) : undefined;
}
