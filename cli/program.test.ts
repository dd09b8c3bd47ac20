import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { before, describe, it } from "node:test";
import type { Command } from "commander";
import { COMMAND_NAMES, programFor } from "./program.ts";

const project = path.resolve(import.meta.dirname, "..");
const { scripts } = JSON.parse(readFileSync(path.join(project, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Heavy packages: a command that needs one loads it when it runs. */
const HEAVY =
  /node_modules\/(echarts|kafkajs|@platformatic|@pulumi|@resvg|@grafana|@influxdata|zod|typescript)\//;

/** Runs the program and returns the URLs of the modules that it loaded. */
function loadedBy(...args: string[]): string[] {
  const hooks = `data:text/javascript,${encodeURIComponent(`
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(\`
      import { writeSync } from "node:fs";
      export async function load(url, context, next) { writeSync(2, "LOADED " + url + "\\\\n"); return next(url, context); }
    \`));
  `)}`;
  const { stderr } = spawnSync(process.execPath, ["--import", hooks, "swarmbench.mjs", ...args], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  return [...stderr.matchAll(/^LOADED (.*)$/gm)].flatMap(([, url]) => url ?? []);
}

function ends(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const options = { cwd: project, encoding: "utf8" as const };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["swarmbench.mjs", ...args], options);
  return { code: status, stdout, stderr };
}

/** A command's help as `--help` prints it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

describe("every command", () => {
  let program: Command;
  let commands: Command[];
  before(async () => {
    program = await programFor(undefined);
    commands = program.commands.flatMap((command) => [command, ...command.commands]);
  });

  it("is in the program's help, with its summary", () => {
    const help = helpOf(program);
    assert.deepEqual(
      program.commands.map((command) => command.name()),
      COMMAND_NAMES,
    );
    for (const command of program.commands) assert.match(help, new RegExp(`^  ${command.name()} .*\\S`, "m"));
  });

  it("has help in the same style: usage, summary, options, an example and exit codes", () => {
    for (const command of commands) {
      const help = helpOf(command);
      const name = command.name();
      assert.match(help, new RegExp(`^Usage: swarmbench ((figures|test) )?${name} `), help);
      assert.ok(command.summary().length > 0 && help.replace(/\s+/g, " ").includes(command.summary()), help);
      assert.match(help, /^ {2}-h, --help +show this help$/m, help);
      assert.match(help, /^Examples?:\n {2}(npm|eval)/m, help);
      assert.match(help, /^Exit codes:\n {2}0 +\S[\s\S]*^ {2}2 +wrong arguments/m, help);
    }
  });

  it("has a description of each option", () => {
    for (const command of commands) {
      for (const option of command.options) {
        assert.ok(option.description.length > 0, `${command.name()} ${option.flags}`);
      }
    }
  });

  it("is an npm script as well", () => {
    for (const name of COMMAND_NAMES) {
      assert.equal(scripts[name], `node swarmbench.mjs ${name}`);
    }
    const figures = program.commands.find((command) => command.name() === "figures");
    for (const each of figures?.commands ?? []) {
      assert.equal(scripts[`bench:${each.name()}`], `node swarmbench.mjs figures ${each.name()}`);
    }
  });
});

describe("the program", () => {
  it("loads no heavy module for help or for env", () => {
    for (const args of [["env"], ["bench", "--help"]]) {
      const loaded = loadedBy(...args);
      assert.ok(
        loaded.some((url) => url.endsWith("cli/program.ts")),
        args.join(" "),
      );
      assert.deepEqual(
        loaded.filter((url) => HEAVY.test(url)),
        [],
        args.join(" "),
      );
    }
  });

  it("loads only the command that is named", () => {
    const commands = loadedBy("env", "--help").filter((url) => url.endsWith("/command.ts"));
    assert.deepEqual(
      commands.map((url) => path.relative(project, new URL(url.split("?")[0] ?? "").pathname)).sort(),
      ["cli/env/command.ts", "cli/lib/command.ts"],
    );
  });

  it("shows help on standard output and ends with 0", () => {
    const { code, stdout, stderr } = ends("compare", "--help");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Usage: swarmbench compare /);
  });

  it("ends with 2 for wrong arguments and shows the help below the error", () => {
    const { code, stdout, stderr } = ends("compare", "--forse");
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^error: unknown option '--forse'\n\(Did you mean --force\?\)\n\nUsage: swarmbench compare /,
    );
    assert.match(ends("compare").stderr, /^error: name at least two folders\n\nUsage: /);
  });

  it("ends with 2 for an unknown command and names a similar one", () => {
    const { code, stderr } = ends("bensh");
    assert.equal(code, 2);
    assert.match(stderr, /^error: unknown command 'bensh'\n\(Did you mean bench\?\)/);
    assert.equal(ends().code, 2);
  });

  it("ends with the exit code of an error, which is printed without a stack", () => {
    const { code, stderr } = ends("reserve", "-s", "none");
    assert.equal(code, 2);
    assert.match(stderr, /^error: there is no Pulumi\.none\.yaml; the scenarios are .*local.*\n$/);
  });
});
