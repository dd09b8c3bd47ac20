import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { Command } from "commander";
import { project } from "./paths.ts";
import { pathOption, shownPath, userFolder } from "./userPaths.ts";

const packageJson = path.join(project, "package.json");

describe("the user's folder", () => {
  it("is the working directory when npm did not start the command", () =>
    assert.equal(userFolder({}, "/home/ann"), "/home/ann"));

  it("is where npm run was started, although npm changes to the project's folder", () =>
    assert.equal(userFolder({ npm_package_json: packageJson, INIT_CWD: "/home/ann" }, project), "/home/ann"));

  it("is not where another project's npm script was started", () => {
    assert.equal(
      userFolder({ npm_package_json: "/other/package.json", INIT_CWD: "/other" }, project),
      project,
    );
    assert.equal(userFolder({ npm_package_json: packageJson, INIT_CWD: "/other" }, "/copy"), "/copy");
  });
});

describe("a path option", () => {
  const parse = (...args: string[]) =>
    new Command().option("--results <folder>", "", "runs").parse(args, { from: "user" });

  it("is relative to the user's folder, and by default to the project's", () => {
    assert.equal(pathOption(parse("--results", "mine"), "results"), path.resolve(userFolder(), "mine"));
    assert.equal(pathOption(parse("--results", "/mine"), "results"), "/mine");
    assert.equal(pathOption(parse(), "results"), path.join(project, "runs"));
  });

  it("is shown relative to the user's folder when it lies below it, else absolute", () => {
    assert.equal(shownPath(path.join(userFolder(), "runs/a")), "runs/a");
    assert.equal(shownPath("/elsewhere/runs"), "/elsewhere/runs");
  });
});
