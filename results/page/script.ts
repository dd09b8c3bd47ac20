import path from "node:path";
import { build, type Plugin } from "esbuild";

let script: Promise<string> | undefined;

/** The JavaScript of all pages: charts and live page in one file, for browsers of 2023 and later. It is built once in a process. */
export function pageScript(): Promise<string> {
  script ??= bundle();
  return script;
}

/** Leaves out zod's messages in 50 languages: the page validates nothing. */
const withoutLocales: Plugin = {
  name: "without-locales",
  setup(builder) {
    builder.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: "export {};" }));
  },
};

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, "browser/main.ts")],
    bundle: true,
    write: false,
    minify: true,
    platform: "browser",
    target: "es2023",
    format: "iife",
    charset: "utf8",
    legalComments: "none",
    plugins: [withoutLocales],
    tsconfigRaw: {}, // not that of some folder above
    logLevel: "silent", // its errors are thrown as well
  });
  const text = outputFiles[0]?.text ?? "";
  // Both would change how a browser reads the element that the script is in.
  return text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
}
