import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { asRoot } from "../../offline/baseImage.ts";
import { refuseTooNewApi } from "../../offline/engineApi.ts";
import { link } from "../../offline/pulumiTools.ts";
import { pulumiHome } from "../lib/paths.ts";
import { Stopped } from "../lib/signals.ts";
import { chosenEngine, removeStalePidFiles } from "./engine.ts";
import { fromMakers } from "./fromMakers.ts";
import { DEFAULT_ENGINE } from "./host.ts";
import { makePrivate } from "./keys.ts";
import { foreignPulumi } from "./pulumi.ts";
import { withoutForeignSalt } from "./pulumiCli.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the Docker engine", () => {
  const context = (name: string) => ({ name, host: `unix:///${name}` });

  it("is the default one if nothing names another", () => {
    const chosenBy = undefined;
    assert.deepEqual(chosenEngine({}, undefined), { host: DEFAULT_ENGINE, chosenBy });
    assert.deepEqual(chosenEngine({}, context("default")), { host: "unix:///default", chosenBy });
  });
  it("is the one that DOCKER_HOST names, before any context", () =>
    assert.deepEqual(chosenEngine({ DOCKER_HOST: "tcp://h:1" }, context("x")), {
      host: "tcp://h:1",
      chosenBy: "DOCKER_HOST",
    }));
  it("is the one of the Docker context if that is not the default", () =>
    assert.match(chosenEngine({}, context("rootless")).chosenBy ?? "", /context rootless/));
  it("is chosen by DOCKER_CONTEXT even if no docker can read the context", () =>
    assert.equal(chosenEngine({ DOCKER_CONTEXT: "x" }, undefined).chosenBy, "DOCKER_CONTEXT"));

  for (const version of ["1.12", "1.24", "1.41", "", undefined])
    it(`works with the provider that is built here if its oldest API is ${version || "unknown"}`, () =>
      assert.doesNotThrow(() => refuseTooNewApi(version)));
  for (const version of ["1.42", "1.44", "2.0"])
    it(`is rejected with a hint if it speaks API ${version} and later only`, () =>
      assert.throws(() => refuseTooNewApi(version), /SWARMBENCH_SOURCE=official.*older engine/s));
});

describe("the base image", () => {
  it("is made by root with exactly this command", () =>
    assert.equal(asRoot(DEFAULT_ENGINE, "swarmbench"), "sudo npm run setup -- --base-image"));
  it("is made in the user's engine, under the user's name for it", () =>
    assert.equal(
      asRoot("unix:///run/user/7/docker.sock", "cold"),
      "sudo env DOCKER_HOST=unix:///run/user/7/docker.sock SWARMBENCH_IMAGES=cold npm run setup -- --base-image",
    ));
});

describe("the Pulumi CLI", () => {
  function program(name: string): string {
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, name, "pulumi"), "", { mode: 0o755 });
    return path.join(folder, name);
  }

  it("has its own home for each source", () => {
    assert.equal(pulumiHome("built", "/p"), "/p/built");
    assert.equal(pulumiHome("official", "/p"), "/p/official");
  });
  it("of the user is the first in PATH that setup did not install", () => {
    const [installed, foreign] = [program("cache/tools/toolset"), program("theirs")];
    const cache = path.join(folder, "cache");
    assert.equal(foreignPulumi(["/none", installed, foreign], cache), foreign);
    assert.equal(foreignPulumi([installed], cache), undefined);
  });
  it("is linked even if a file, folder or other link has its name", () => {
    const name = path.join(folder, "link");
    const standing = [
      () => {},
      () => writeFileSync(name, ""),
      () => mkdirSync(name),
      () => link("/elsewhere", name),
    ];
    for (const make of standing) {
      rmSync(name, { recursive: true, force: true });
      make();
      link("/target", name);
      assert.equal(readlinkSync(name), "/target");
    }
  });
  it("is not linked again", () => {
    const name = path.join(folder, "link");
    link("/target", name);
    const { ino } = lstatSync(name);
    link("/target", name);
    assert.equal(lstatSync(name).ino, ino);
  });
});

describe("the folder of keys and state", () => {
  const mode = (name: string) => statSync(name).mode & 0o777;

  it("can be read by this user only", () => {
    const name = path.join(folder, "new/home");
    makePrivate(name);
    assert.equal(mode(name), 0o700);
  });
  it("keeps its mode if it existed, because SWARMBENCH_HOME may name a folder of others", () => {
    const name = path.join(folder, "tmp");
    mkdirSync(name);
    chmodSync(name, 0o777);
    makePrivate(name);
    assert.equal(mode(name), 0o777);
  });
});

describe("a failed download from the makers", () => {
  it("is an error with a hint", async () => {
    const failing = fromMakers(async () => {
      throw new Error("no such host");
    });
    await assert.rejects(failing, /no such host.*SWARMBENCH_SOURCE=built npm run setup/s);
  });
  it("is no error if the command was interrupted", async () => {
    const stopped = fromMakers(async () => {
      throw new Stopped();
    });
    await assert.rejects(stopped, Stopped);
  });
});

describe("Ctrl-C", () => {
  const lib = (name: string) => JSON.stringify(path.resolve(import.meta.dirname, `../lib/${name}.ts`));

  /** Runs a program that imports the tools, signals it when it prints "ready", and returns what it printed. */
  function interrupted(program: string, signal: NodeJS.Signals = "SIGINT") {
    const source = `
      import { runToEnd } from ${lib("end")};
      import { ask, run } from ${lib("run")};
      import { step } from ${lib("steps")};
      ${program}`;
    return new Promise<{ code: number | null; text: string }>((resolve) => {
      const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", source]);
      let text = "";
      const read = (data: Buffer) => {
        const before = text.includes("ready");
        text += data;
        if (!before && text.includes("ready")) child.kill(signal);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("close", (code) => resolve({ code, text }));
    });
  }
  /** A child process that creates a file when it has started, and then waits. */
  const waiting = (options = "{}", script = "sleep 600") => {
    const there = JSON.stringify(path.join(folder, "there"));
    return `
      import { existsSync, watch } from "node:fs";
      watch(${JSON.stringify(folder)}, () => existsSync(${there}) && console.log("ready"));
      const work = () => run("sh", ["-c", 'touch "$0"; ${script}', ${there}], ${options});`;
  };
  const exitAfter = "setImmediate(() => process.exit());";

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`interrupts what may be interrupted, runs the clean-up, and ends with ${code} (${signal})`, async () => {
      const result = await interrupted(
        `${waiting()}
        await runToEnd(async () => {
          try { await step("wait", work); }
          finally { console.log(await run("echo", ["cleaned"], { cleanUp: true })); }
        });
        ${exitAfter}`,
        signal,
      );
      assert.equal(result.code, code, result.text);
      assert.match(result.text, /^(ready\n)+cleaned\n\n(ready\n)*interrupted\n$/);
    });
  }

  it("lets what must end run to its end, and starts nothing after it", async () => {
    const done = path.join(folder, "done");
    // It ends when a file exists, which is made when the signal is received.
    const script = `while [ ! -e ${folder}/go ]; do sleep 0.02; done; touch ${done}`;
    const result = await interrupted(
      `${waiting("{ mustEnd: true }", script)}
      import { writeFileSync } from "node:fs";
      process.on("SIGINT", () => writeFileSync(${JSON.stringify(path.join(folder, "go"))}, ""));
      await runToEnd(async () => {
        await step("install", work);
        console.log(existsSync(${JSON.stringify(done)}) ? "ended" : "cut off");
        await ask("echo", ["next"]);
        console.log("began");
      });
      ${exitAfter}`,
    );
    assert.equal(result.code, 130, result.text);
    assert.match(result.text, /ended\n/);
    assert.doesNotMatch(result.text, /began|cut off/);
  });
});

describe("a scenario whose stack is to be made", () => {
  const salted = "config:\n  swarmbench:nodes: 3\nencryptionsalt: v1:abc=:v1:def\n";
  const clean = (text: string) => withoutForeignSalt("local", text);

  it("loses the salt of another passphrase, and nothing else", () => {
    assert.equal(clean(salted), "config:\n  swarmbench:nodes: 3\n");
  });

  it("is unchanged if it has no salt", () => {
    assert.equal(clean("config:\n  swarmbench:nodes: 3\n"), "config:\n  swarmbench:nodes: 3\n");
  });

  it("is rejected if it has secrets that this passphrase cannot decrypt", () => {
    const secret = "config:\n  swarmbench:token:\n    secure: v1:xyz\nencryptionsalt: v1:abc=:v1:def\n";
    assert.throws(() => clean(secret), /has secrets that are encrypted with another checkout's passphrase/);
  });
});

describe("the pid files of an engine that was killed", () => {
  it("are removed if the process ids belong to other programs, or the next engine would not start", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
    const [current, stale] = ["current.pid", "stale.pid"].map((name) => path.join(directory, name)) as [
      string,
      string,
    ];
    writeFileSync(current, "10");
    writeFileSync(stale, "20");
    removeStalePidFiles(
      { [current]: "dockerd", [stale]: "dockerd", [`${current}.none`]: "dockerd" },
      (pid: string) => (pid === "10" ? "dockerd" : "node"),
    );
    assert.deepEqual(readdirSync(directory), ["current.pid"]);
    rmSync(directory, { recursive: true });
  });
});
