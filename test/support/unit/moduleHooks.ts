import type { ResolveHook } from "node:module";

const substitute = new URL("nodeTest.ts", import.meta.url).href;
const IMPORTERS = /\.test\.ts(\?|$)|\/test\/support\/[^/]+\.ts(\?|$)/;

/** Resolves `node:test` to `nodeTest.ts` in test files and their helpers. */
export const resolve: ResolveHook = (specifier, context, next) =>
  specifier === "node:test" && IMPORTERS.test(context.parentURL ?? "")
    ? { url: substitute, format: "module", shortCircuit: true }
    : next(specifier, context);
