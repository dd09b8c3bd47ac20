import { readFileSync } from "node:fs";
import path from "node:path";
import { project } from "../lib/paths.mjs";

const { dependencies } = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8"));

/** The tools that go with the npm packages: a plugin has the version of its SDK. */
export const versions = {
  pulumi: dependencies["@pulumi/pulumi"],
  docker: dependencies["@pulumi/docker"],
  command: dependencies["@pulumi/command"],
};
