import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { programFor } from "../program.ts";
import { commandsIn, unknownCommands } from "./commands.ts";
import { parsePage } from "./markdown.ts";

const program = await programFor(undefined);
const scripts = {
  bench: "node swarmbench.mjs bench",
  env: "node swarmbench.mjs env",
  format: "biome check --write",
  report: "node swarmbench.mjs report",
  test: "node swarmbench.mjs test",
  "test:slow": "node swarmbench.mjs test slow",
  "bench:hosts": "node swarmbench.mjs figures hosts",
};
const known = { program, scripts, tests: new Set(["unit", "slow", "shell"]) };
const errorsOf = (code: string) =>
  unknownCommands([parsePage("a.md", `\`\`\`sh\n${code}\n\`\`\``)], known).map((line) =>
    line.slice(line.lastIndexOf(": ") + 2),
  );

describe("the commands in a line of code", () => {
  it("are the project's own, without what the shell adds", () => {
    assert.deepEqual(commandsIn('eval "$(npm run -s env)"; pulumi up -s local && npm run report  # again'), [
      "npm run -s env",
      "npm run report",
    ]);
    assert.deepEqual(commandsIn("npm test -- unit > log"), ["npm test -- unit"]);
    assert.deepEqual(commandsIn("swarmbench docs --check | head"), ["swarmbench docs --check"]);
  });

  it("keep quoted values whole", () => {
    const command = `npm run bench -- --set 'sweep.producers=[1,100]' --set duration="30 seconds"`;
    assert.deepEqual(commandsIn(command), [command]);
    assert.deepEqual(commandsIn("npm run bench -- --set 'a;b'"), ["npm run bench -- --set 'a;b'"]);
  });

  it("are none where the words only name the project", () => {
    assert.deepEqual(commandsIn("docker logs swarmbench-me-local-node2"), []);
    assert.deepEqual(commandsIn("cd swarmbench.git"), []);
  });
});

describe("a command that the documentation names", () => {
  it("is correct if script, subcommand, options and tests exist", () => {
    for (const command of [
      "npm run bench -- -s local --set client=null --resume runs/<folder>",
      "npm run -s env",
      "npm run format",
      "npm run bench:hosts -- --counts 1,5",
      "npm test",
      "npm test -- unit shell",
      "npm test -- claims --against FOLDER",
      "npm run test:slow shell",
      "node swarmbench.mjs report runs/x --markdown",
      "swarmbench <command> --help",
    ])
      assert.deepEqual(errorsOf(command), [], command);
  });

  it("is reported if the script does not exist", () =>
    assert.deepEqual(errorsOf("npm run gone"), ["package.json has no script gone"]));
  it("is reported if the subcommand does not exist", () => {
    assert.deepEqual(errorsOf("swarmbench gone"), ["swarmbench has no subcommand gone"]);
    assert.deepEqual(errorsOf("swarmbench figures gone"), ["figures has no subcommand gone"]);
  });
  it("is reported if the option does not exist", () =>
    assert.deepEqual(errorsOf("npm run bench -- --gone"), ["bench has no option --gone"]));
  it("is reported if npm would take the option itself", () =>
    assert.deepEqual(errorsOf("npm run bench --stop"), ["write -- before it"]));
  it("is reported if it takes no argument", () =>
    assert.deepEqual(errorsOf("npm run bench -- runs/x"), ["bench takes no argument, such as runs/x"]));
  it("is reported if there is no such test", () =>
    assert.deepEqual(errorsOf("npm test -- unit gone"), ["there is no test file gone.test.ts"]));

  it("is reported with its file and line, from inline code too", () => {
    const page = parsePage("docs/a.md", "\nRun `npm run gone`.");
    assert.deepEqual(unknownCommands([page], known), [
      "docs/a.md:2 npm run gone: package.json has no script gone",
    ]);
  });
});
