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

  it("changes when an empty file comes", () => assert.ok(changes(() => writeFileSync(file("empty"), ""))));

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

  it("does not change with who may read or write a file", () => {
    chmodSync(file("a"), 0o644);
    assert.equal(
      changes(() => chmodSync(file("a"), 0o600)),
      false,
    );
  });

  it("does not change with the place of the folder", () => {
    const earlier = key();
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    folder = moved;
    assert.equal(key(), earlier);
  });

  it("changes with each further text, and with where one ends", () => {
    const keys = [key(), key("ab"), key("a", "b"), key("b", "a"), key("")];
    assert.equal(new Set(keys).size, keys.length, keys.join("\n"));
  });

  it("can be a part of a tag of an image", () => assert.match(key(), /^[0-9a-f]{16}$/));

  it("fails for what is not there", () =>
    assert.throws(() => contentKey([file("none")]), { code: "ENOENT" }));
});

describe("the source of tools and images", () => {
  /** Asks with nothing remembered unless told; `reach` stands for the network. */
  const choose = (wanted: string | undefined, remembered: string | null, reach: () => Promise<object>) =>
    chooseSource({
      env: wanted === undefined ? {} : { SWARMBENCH_SOURCE: wanted },
      remembered,
      reach: reach as unknown as typeof fetch,
    });
  const unasked = () => assert.fail("the network was asked");

  for (const source of ["official", "built"]) {
    it(`is ${source} where SWARMBENCH_SOURCE says so, whatever was found before, and nobody is asked`, async () => {
      assert.equal(await choose(source, source === "built" ? "official" : "built", unasked), source);
    });

    it(`is ${source} where an earlier setup found so, and nobody is asked again`, async () => {
      assert.equal(await choose(undefined, source, unasked), source);
    });
  }

  it("is a problem where SWARMBENCH_SOURCE is neither, and says what it may be", async () => {
    await assert.rejects(
      choose("offical", "built", unasked),
      /SWARMBENCH_SOURCE is "offical".*official or built/s,
    );
  });

  it("is official where their makers can be reached", async () => {
    assert.equal(await choose(undefined, null, async () => ({ ok: true })), "official");
  });

  it("is built where a proxy refuses", async () => {
    assert.equal(await choose(undefined, null, async () => ({ ok: false })), "built");
  });

  it("is built where there is no way out", async () => {
    const refused = () => Promise.reject(new TypeError("fetch failed"));
    assert.equal(await choose(undefined, null, refused), "built");
  });

  it("is asked for with a time limit", async () => {
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

  /** Lets seconds pass one by one, as they do: a mocked clock jumps to the end of a tick before its timers run. */
  function pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) mock.timers.tick(1000);
  }

  /** A step whose work takes so many seconds, and then fails if there is an error. */
  function stepOf(seconds: number, error?: Error): Promise<unknown> {
    const work = () =>
      new Promise((done, failed) => {
        setTimeout(() => (error ? failed(error) : done("made")), seconds * 1000);
      });
    const running = step("build it", work);
    pass(seconds);
    return running;
  }

  it("gives what its work gives", async () => assert.equal(await stepOf(1), "made"));

  it("says nothing of quick work", async () => {
    await stepOf(1);
    assert.deepEqual(lines, []);
  });

  it("says nothing later of quick work that is done", async () => {
    await stepOf(1);
    pass(120);
    assert.deepEqual(lines, []);
  });

  it("says that work goes on after two seconds, and when it is done", async () => {
    await stepOf(5);
    assert.deepEqual(lines, ["  … build it", "  ✓ build it (5 s)"]);
  });

  it("says every half a minute that long work goes on", async () => {
    await stepOf(61);
    assert.deepEqual(lines, [
      "  … build it",
      "  … build it (30 s)",
      "  … build it (60 s)",
      "  ✓ build it (61 s)",
    ]);
  });

  it("says of any work that it failed, and hands on the error", async () => {
    const failing = stepOf(1, new Error("no space left"));
    await assert.rejects(failing, /no space left/);
    assert.deepEqual(lines, ["  ✗ build it (1 s)"]);
  });
});
