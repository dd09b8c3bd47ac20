import type * as pulumi from "@pulumi/pulumi";

/** Members of Pulumi's outputs that its type declarations hide. */
interface Knowable<T> {
  isKnown: Promise<boolean>;
  promise(withUnknowns?: boolean): Promise<T>;
}

/**
 * Waits for an output and returns its value, or undefined if a preview does not know it yet. For code that needs the value to
 * decide which other resources to declare.
 */
export async function whenKnown<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const { isKnown, promise } = output as unknown as Knowable<T>;
  return (await isKnown) ? promise.call(output) : undefined;
}
