// Writes the input names that @pulumi/docker declares: node sdk-inputs.mjs PATH_OF_THE_PACKAGE > sdk-inputs.json
import { readFileSync } from "node:fs";

const pkg = process.argv[2];
const strip = (s) => s.replace(/\/\*[\s\S]*?\*\//g, "");
const types = {};
for (const m of strip(readFileSync(`${pkg}/types/input.d.ts`, "utf8")).matchAll(
  /export interface (\w+) \{\n([\s\S]*?)\n\}/g,
))
  types[m[1]] = m[2];
const tree = (body) =>
  Object.fromEntries(
    [...body.matchAll(/^ {4}(\w+)\??: (.*?;|pulumi\.Input<\{[\s\S]*?\} .*?;)$/gm)]
      .map(([, name, type]) => {
        const nested = type.match(/inputs\.(\w+)/)?.[1];
        return [name, nested ? tree(types[nested]) : {}];
      })
      .sort(),
  );
const out = {};
for (const file of [
  "container",
  "network",
  "volume",
  "remoteImage",
  "service",
  "serviceConfig",
  "secret",
  "tag",
  "registryImage",
  "plugin",
  "provider",
]) {
  const text = strip(readFileSync(`${pkg}/${file}.d.ts`, "utf8"));
  const [, name, body] = text.match(/export interface (\w+)Args \{\n([\s\S]*?)\n\}/);
  out[name] = tree(body);
}
console.log(JSON.stringify(out, null, 1));
