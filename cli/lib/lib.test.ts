import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, afterEach, before, beforeEach, describe, it, mock } from "node:test";
import { contentKey } from "../setup/contentKey.ts";
import { chooseSource } from "../setup/source.ts";
import { step } from "./steps.ts";

describe("a content key", () => {
  let folder: string;
  const file = (name: string) => path.join(folder, name);
  const key = (...texts: string[]) => contentKey([folder], ...texts);
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
    mkdirSync(file("sub"));
    writeFileSync(file("a"), "one");
    writeFileSync(file("sub/b"), "two");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Whether what is done to the folder changes its key. */
  function changes(act: () => void): boolean {
    const earlier = key();
    act();
    return key() !== earlier;
  }

  it("changes with the content of a file", () => assert.ok(changes(() => writeFileSync(file("a"), "One"))));

  it("changes with the content of a file in a folder below", () =>
    assert.ok(changes(() => writeFileSync(file("sub/b"), "Two"))));

  it("changes with the name of a file", () => assert.ok(changes(() => renameSync(file("a"), file("c")))));

  it("changes with the folder of a file", () =>
    assert.ok(changes(() => renameSync(file("sub/b"), file("b")))));

  it("changes when a file becomes executable", () => assert.ok(changes(() => chmodSync(file("a"), 0o755))));

  it("changes when an empty file is added", () => assert.ok(changes(() => writeFileSync(file("empty"), ""))));

  it("changes when content moves from one file to the next", () => {
    writeFileSync(file("b"), "");
    assert.ok(
      changes(() => {
        writeFileSync(file("a"), "");
        writeFileSync(file("b"), "one");
      }),
    );
  });

  it("does not change with the time of a file", () =>
    assert.equal(
      changes(() => utimesSync(file("a"), 1, 1)),
      false,
    ));

  it("does not change with the read and write permissions of a file", () => {
    chmodSync(file("a"), 0o644);
    assert.equal(
      changes(() => chmodSync(file("a"), 0o600)),
      false,
    );
  });

  it("does not change with the path of the folder", () => {
    const earlier = key();
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    folder = moved;
    assert.equal(key(), earlier);
  });

  it("changes with each further text, and with the boundary between two", () => {
    const keys = [key(), key("ab"), key("a", "b"), key("b", "a"), key("")];
    assert.equal(new Set(keys).size, keys.length, keys.join("\n"));
  });

  it("can be part of an image tag", () => assert.match(key(), /^[0-9a-f]{16}$/));

  it("fails for a path that does not exist", () =>
    assert.throws(() => contentKey([file("none")]), { code: "ENOENT" }));
});

describe("the source of tools and images", () => {
  /** Chooses; `reach` stands for the network. */
  const choose = (wanted: string | undefined, remembered: string | null, reach: () => Promise<object>) =>
    chooseSource({
      env: wanted === undefined ? {} : { SWARMBENCH_SOURCE: wanted },
      remembered,
      reach: reach as unknown as typeof fetch,
    });
  const unused = () => assert.fail("the network was used");

  for (const source of ["official", "built"]) {
    it(`is ${source} if SWARMBENCH_SOURCE says so, whatever an earlier setup chose, without using the network`, async () => {
      assert.equal(await choose(source, source === "built" ? "official" : "built", unused), source);
    });

    it(`is ${source} if an earlier setup chose it, without using the network`, async () => {
      assert.equal(await choose(undefined, source, unused), source);
    });
  }

  it("is an error if SWARMBENCH_SOURCE is neither, with the allowed values", async () => {
    await assert.rejects(
      choose("offical", "built", unused),
      /SWARMBENCH_SOURCE is "offical".*official or built/s,
    );
  });

  it("is official if the makers can be reached", async () => {
    assert.equal(await choose(undefined, null, async () => ({ ok: true })), "official");
  });

  it("is built if a proxy refuses", async () => {
    assert.equal(await choose(undefined, null, async () => ({ ok: false })), "built");
  });

  it("is built if there is no internet access", async () => {
    const refused = () => Promise.reject(new TypeError("fetch failed"));
    assert.equal(await choose(undefined, null, refused), "built");
  });

  it("is probed with a time limit", async () => {
    let signal: AbortSignal | undefined;
    const reach = async (_: unknown, options: { signal: AbortSignal }) => {
      signal = options.signal;
      return { ok: true };
    };
    await choose(undefined, null, reach as never);
    assert.ok(signal instanceof AbortSignal);
  });
});

describe("a step", () => {
  let lines: string[];
  before(() => {
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  });
  after(() => mock.timers.reset());
  beforeEach(() => {
    lines = [];
    mock.method(console, "log", (line: string) => lines.push(line));
  });
  afterEach(() => mock.restoreAll());

  /** Lets seconds pass one by one: a mocked clock jumps to the end of a tick before its timers run. */
  function pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) mock.timers.tick(1000);
  }

  /** A step whose work takes this many seconds, and then fails if an error is given. */
  function stepOf(seconds: number, error?: Error): Promise<unknown> {
    const work = () =>
      new Promise((done, failed) => {
        setTimeout(() => (error ? failed(error) : done("made")), seconds * 1000);
      });
    const running = step("build it", work);
    pass(seconds);
    return running;
  }

  it("returns what its work returns", async () => assert.equal(await stepOf(1), "made"));

  it("prints nothing for quick work", async () => {
    await stepOf(1);
    assert.deepEqual(lines, []);
  });

  it("prints nothing later for quick work that is done", async () => {
    await stepOf(1);
    pass(120);
    assert.deepEqual(lines, []);
  });

  it("prints a line after two seconds, and one when the work is done", async () => {
    await stepOf(5);
    assert.deepEqual(lines, ["  … build it", "  ✓ build it (5 s)"]);
  });

  it("prints a line every 30 seconds of long work", async () => {
    await stepOf(61);
    assert.deepEqual(lines, [
      "  … build it",
      "  … build it (30 s)",
      "  … build it (60 s)",
      "  ✓ build it (61 s)",
    ]);
  });

  it("prints that the work failed, and throws its error", async () => {
    const failing = stepOf(1, new Error("no space left"));
    await assert.rejects(failing, /no space left/);
    assert.deepEqual(lines, ["  ✗ build it (1 s)"]);
  });
});
