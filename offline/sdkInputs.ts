// `node --import tsx offline/sdkInputs.ts` writes the input names that @pulumi/docker declares. The Docker provider's tests
// compare them with its schema. Run it after a version change of that package.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { project } from "../cli/lib/paths.ts";

/** A type's inputs by name, each with the inputs of its own type. */
interface Inputs {
  [name: string]: Inputs;
}

const FILES = [
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
];
const NESTED_TYPE = /export interface (\w+) \{\n([\s\S]*?)\n\}/g;
const ARGUMENTS = /export interface (\w+)Args \{\n([\s\S]*?)\n\}/;
const INPUT = /^ {4}(\w+)\??: (.*?;|pulumi\.Input<\{[\s\S]*?\} .*?;)$/gm;

const target = path.join(import.meta.dirname, "go/docker-provider/testdata/sdk-inputs.json");
const types = new Map<string, string>();

function declarations(name: string): string {
  const file = path.join(project, "node_modules/@pulumi/docker", `${name}.d.ts`);
  return readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
}

function inputsIn(body: string): Inputs {
  const inputs = [...body.matchAll(INPUT)].map(([, name = "", type = ""]): [string, Inputs] => {
    const nested = types.get(/inputs\.(\w+)/.exec(type)?.[1] ?? "");
    return [name, nested === undefined ? {} : inputsIn(nested)];
  });
  return Object.fromEntries(inputs.sort());
}

for (const [, name = "", body = ""] of declarations("types/input").matchAll(NESTED_TYPE))
  types.set(name, body);
const all = FILES.map((file): [string, Inputs] => {
  const [, name = "", body = ""] = ARGUMENTS.exec(declarations(file)) ?? [];
  return [name, inputsIn(body)];
});
writeFileSync(target, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
