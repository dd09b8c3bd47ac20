import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import * as partial from "../setup/partial.ts";
import * as pulumiState from "../setup/pulumiState.ts";
import * as alive from "./alive.ts";
import * as docker from "./dockerLeftovers.ts";
import * as leftovers from "./leftovers.ts";
import * as reservations from "./reservations.ts";
import * as strays from "./strayProcesses.ts";

const tools = {
  ...alive,
  ...docker,
  ...leftovers,
  ...partial,
  ...pulumiState,
  ...reservations,
  ...strays,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file below the folder and returns its path. */
function write(name: string, content: string | Buffer | object): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  const isText = typeof content === "string" || Buffer.isBuffer(content);
  writeFileSync(file, isText ? content : JSON.stringify(content));
  return file;
}

function failing(code: string) {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

describe("a process", () => {
  it("is running if it can be signalled", () => assert.equal(tools.isRunning(process.pid), true));
  it("is running if it belongs to another user", () =>
    assert.equal(tools.isRunning(7, failing("EPERM")), true));
  it("has ended if no process has its id", () => assert.equal(tools.isRunning(7, failing("ESRCH")), false));
});

describe("an address", () => {
  it("refuses connections only if nothing listens", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    assert.equal(await tools.nothingListens(`127.0.0.1:${port}`), false);
    await new Promise((done) => server.close(done));
    assert.equal(await tools.nothingListens(`127.0.0.1:${port}`), true);
  });
});

describe("a stray process", () => {
  const place = { folders: ["/cache/tools", "/home/pulumi"], project: "/bench" };
  const plugin = "/cache/tools/x/pulumi-resource-docker";
  const engineOf = (program: string, ...args: string[]) =>
    tools.engineOf({ pid: 7, program, args: [program, ...args] }, place);
  const program = (pwd: string) => {
    const run = "/bench/node_modules/@pulumi/pulumi/cmd/run/index.js";
    return engineOf("/usr/bin/node", run, "--monitor", "h:1", "--engine", "127.0.0.1:5", "--pwd", pwd, ".");
  };

  it("is a plugin of this installation, from either source", () => {
    assert.equal(engineOf(plugin, "127.0.0.1:5"), "127.0.0.1:5");
    assert.equal(engineOf("/home/pulumi/built/plugins/x/pulumi-resource-command", "[x]", "h:5"), "h:5");
  });
  it("is a language host of this installation", () =>
    assert.equal(engineOf("/cache/tools/y/pulumi-language-nodejs", "-v=1", "h:5"), "h:5"));
  it("is not a plugin of another installation", () =>
    assert.equal(engineOf("/cache/tools-of-ann/pulumi-resource-docker", "h:5"), undefined));
  it("is not `pulumi` itself, even if its last argument looks like an address", () =>
    assert.equal(engineOf("/cache/tools/x/pulumi", "config", "set", "a", "h:5"), undefined));
  it("is not a plugin without an engine", () => {
    assert.equal(engineOf(plugin), undefined);
    assert.equal(engineOf(plugin, "h:99999"), undefined);
  });
  it("can be this project's program, but not another project's", () => {
    assert.equal(program("/bench"), "127.0.0.1:5");
    assert.equal(program("/bench2"), undefined);
  });
  it("is reported only if its engine refuses connections", async () => {
    const processes = ["h:1", "h:2"].map((address, pid) => ({
      pid,
      program: plugin,
      args: [plugin, address],
    }));
    const strays = await tools.strayProcesses(processes, async (address: string) => address === "h:2", place);
    assert.deepEqual(
      strays.map(({ what }) => what),
      [`process 1 of a pulumi that has ended: ${plugin} h:2`],
    );
  });
});

describe("an incomplete file", () => {
  const dead = () => false;

  it("has the id of the process that makes it in its name", () =>
    assert.equal(tools.partialOf("/a/b"), `/a/b.partial-${hostname()}-${process.pid}`));
  it("is abandoned if that process has ended", () => {
    assert.equal(tools.isAbandoned(tools.partialOf("/a/b"), dead), true);
    assert.equal(tools.isAbandoned(tools.partialOf("/a/b")), false);
  });
  it("is not abandoned if another machine makes it", () =>
    assert.equal(tools.isAbandoned(`b.partial-not-${hostname()}-7`, dead), false));
  it("is recognised only by its whole name", () => {
    for (const name of ["b", "b.partial", "b.partial-7", `b.partial-${hostname()}-7.txt`])
      assert.equal(tools.isAbandoned(name, dead), false, name);
  });
  it("is found below a folder; incomplete files inside it are not listed", () => {
    const mark = `.partial-${hostname()}-7`;
    write(`tools/x/a${mark}`, "");
    write(`b${mark}/c${mark}`, "");
    write("tools/whole", "");
    assert.deepEqual(
      tools.abandonedBelow(folder, dead).sort(),
      [path.join(folder, `b${mark}`), path.join(folder, `tools/x/a${mark}`)].sort(),
    );
    assert.deepEqual(tools.abandonedBelow(path.join(folder, "none"), dead), []);
  });
  it("is renamed when it is complete", async () => {
    const target = path.join(folder, "a");
    await tools.makeWhole(target, (partial: string) => {
      assert.equal(existsSync(target), false);
      writeFileSync(partial, "");
    });
    assert.equal(existsSync(target), true);
  });
  it("is removed if making it fails", async () => {
    const target = path.join(folder, "a");
    await assert.rejects(
      tools.makeWhole(target, (partial: string) => {
        writeFileSync(partial, "");
        throw new Error("no space left");
      }),
      /no space left/,
    );
    assert.deepEqual([existsSync(target), existsSync(tools.partialOf(target))], [false, false]);
  });
  it("is discarded if another setup completed the same folder at the same time", async () => {
    write("a/theirs", "");
    await tools.makeWhole(path.join(folder, "a"), (partial: string) => {
      mkdirSync(partial);
      writeFileSync(path.join(partial, "ours"), "");
    });
    assert.equal(existsSync(path.join(folder, "a/theirs")), true);
  });
  it("is removed without its target if it is a link, so that nobody else's mount is unmounted", async () => {
    write("theirs/file", "");
    const name = path.join(folder, "a.partial");
    symlinkSync(path.join(folder, "theirs"), name);
    await tools.removeTree(name);
    assert.deepEqual([existsSync(name), existsSync(path.join(folder, "theirs/file"))], [false, true]);
    symlinkSync("/proc", name);
    assert.deepEqual(tools.mountsBelow(name, "36 35 0:5 / /proc rw - proc proc rw"), []);
  });
  it("has mounts, innermost first, without those of the folder beside it", () => {
    const line = (mountPoint: string) => `36 35 0:5 / ${mountPoint} rw - proc proc rw`;
    const mounts = ["/x/a", "/x/a/proc", "/x/ab", "/x/a/pro\\040c/sys"].map(line).join("\n");
    assert.deepEqual(tools.mountsBelow("/x/a", mounts), ["/x/a/pro c/sys", "/x/a/proc", "/x/a"]);
  });
});

describe("Pulumi's state", () => {
  const stack = ".pulumi/stacks/bench/local.json";
  const lock = ".pulumi/locks/organization/bench/local/1.json";
  const state = (id: string) => ({ checkpoint: { latest: { resources: [{}, { id }] } } });
  const locked = (alive: boolean) => tools.readLocks(folder, () => alive, "here");

  it("has the ids of all resources, compressed or not", () => {
    write(stack, state("a"));
    write(".pulumi/stacks/bench/other.json.gz", gzipSync(JSON.stringify(state("b"))));
    write(".pulumi/stacks/bench/local.json.bak", "{");
    const { ids, damaged } = tools.readStates(folder);
    assert.deepEqual([ids, damaged], [new Set(["a", "b"]), []]);
  });
  it("may be empty, or not exist yet", () => {
    assert.deepEqual(tools.readStates(folder), { ids: new Set(), types: new Map(), damaged: [] });
    write(stack, { checkpoint: {} });
    assert.deepEqual([...tools.readStates(folder).ids], []);
  });
  for (const content of ["", '{"checkpoint": {"la', "{}", "null"]) {
    it(`names a damaged file: ${content || "an empty one"}`, () => {
      const file = write(stack, content);
      assert.deepEqual(tools.readStates(folder).damaged, [file]);
    });
  }
  for (const content of ["", '{"user.con', "null"]) {
    it(`names a damaged file of attributes: ${content || "an empty one"}`, () => {
      const file = write(`${stack}.attrs`, content);
      write(`${stack}.bak.attrs`, { "user.content_type": "application/json" });
      write(stack, state("a"));
      assert.deepEqual(tools.damagedAttributes(folder), [file]);
    });
  }
  it("can be restored from Pulumi's backup if it is damaged", () => {
    const file = write(stack, "");
    write(`${stack}.bak`, state("a"));
    const [backup] = tools.usableBackups(tools.readStates(folder).damaged);
    assert.equal(backup?.file, file);
    if (backup) tools.restoreBackup(backup);
    assert.deepEqual(tools.readStates(folder).damaged, []);
    assert.deepEqual([...tools.readStates(folder).ids], ["a"]);
    assert.equal(readFileSync(`${file}.damaged`, "utf8"), "");
  });
  it("can be restored from a compressed backup", () => {
    write(`${stack}.gz`, "");
    write(`${stack}.gz.bak`, gzipSync(JSON.stringify(state("b"))));
    for (const backup of tools.usableBackups(tools.readStates(folder).damaged)) tools.restoreBackup(backup);
    assert.deepEqual([...tools.readStates(folder).ids], ["b"]);
  });
  for (const content of [undefined, "", "{}", "null"]) {
    it(`cannot be restored from a backup that is ${content === undefined ? "missing" : `"${content}"`}`, () => {
      write(stack, "");
      if (content !== undefined) write(`${stack}.bak`, content);
      assert.deepEqual(tools.usableBackups(tools.readStates(folder).damaged), []);
    });
  }
  it("has a live lock while its pulumi runs, and a stale one afterwards", () => {
    write(lock, { pid: 7, hostname: "here" });
    const lockFields = { stack: "local", pid: 7, host: "here" };
    assert.deepEqual(locked(true), { locks: [{ ...lockFields, state: "live" }], damaged: [] });
    assert.deepEqual(locked(false), { locks: [{ ...lockFields, state: "stale" }], damaged: [] });
  });
  it("may be locked by another machine, whose processes cannot be seen", () => {
    write(lock, { pid: 7, hostname: "there" });
    assert.equal(locked(false).locks[0]?.state, "elsewhere");
  });
  for (const content of ["{", "{}", '{"pid": 0, "hostname": "here"}']) {
    it(`names a damaged lock: ${content}`, () => {
      const file = write(lock, content);
      assert.deepEqual(locked(false), { locks: [], damaged: [file] });
    });
  }
});

describe("a reservation", () => {
  const RESERVATION = "swarmbench:testbed:Reservation";
  const list = async () => "12  base-1  Running  n1,n2  0:59:00 left\n";

  it("is left over if its stack's state has none, and is deleted by its name", async () => {
    const calls: string[] = [];
    const reserve = async (...words: string[]) => {
      calls.push(words.join(" "));
      return list();
    };
    const states = { types: new Map([["mine", new Set(["other"])]]), complete: true };
    const { own } = await tools.reservations(states, ["mine"], reserve);
    assert.deepEqual(
      own.map(({ what }) => what),
      ["reserved for mine, but not in its stack: job 12  base-1  Running  n1,n2  0:59:00 left"],
    );
    await own[0]?.remove();
    assert.deepEqual(calls, ["mine --list", "mine --delete"]);
  });

  it("is not checked if the stack has one in its state, because destroy ends it", async () => {
    const states = { types: new Map([["mine", new Set([RESERVATION])]]), complete: true };
    const result = await tools.reservations(states, ["mine"], () => assert.fail());
    assert.deepEqual(result, { own: [], notes: [] });
  });

  it("is not removed if a state cannot be read, or OAR does not answer", async () => {
    const unsure = await tools.reservations({ types: new Map(), complete: false }, ["mine"], list);
    assert.deepEqual(unsure.own, []);
    assert.match(unsure.notes.join(), /may be in use, not removed: .*job 12/);
    const away = async () =>
      Promise.reject(new Error("node ended with 1:\nerror: ssh did not reach f:22\nIs it up?"));
    const silent = await tools.reservations({ types: new Map(), complete: true }, ["mine"], away);
    assert.deepEqual(silent, {
      own: [],
      notes: ["the reservations of mine could not be checked: error: ssh did not reach f:22"],
    });
  });

  it("belongs to scenarios of the testbed kind oar only", () => {
    const config = (kind: string) => `config:\n  swarmbench:testbed:\n    kind: ${kind}\n`;
    write("Pulumi.a.yaml", config("oar"));
    write("Pulumi.b.yaml", config("local"));
    write("Pulumi.c.yaml", 'config:\n  swarmbench:testbed: \'{"kind": "oar"}\'\n');
    write("Pulumi.d.yaml", ": broken: [");
    write("Pulumi.yaml", "name: x\n");
    assert.deepEqual(tools.oarScenarios(folder).sort(), ["a", "c"]);
  });

  it("is checked if a stack was brought up or the user names it, not for every scenario file", () => {
    const types = new Map([
      ["up", new Set(["pulumi:pulumi:Stack"])],
      ["destroyed", new Set<string>()],
      ["local", new Set(["pulumi:pulumi:Stack"])],
    ]);
    const scenarios = ["up", "destroyed", "fresh", "named"];
    assert.deepEqual(tools.stacksToInspect(types, [], scenarios), ["up"]);
    assert.deepEqual(tools.stacksToInspect(types, ["named", "up"], scenarios), ["up", "named"]);
  });
});

describe("a checkout", () => {
  it("is gone only if its folder does not exist", () => {
    assert.equal(tools.checkout(folder), "there");
    assert.equal(tools.checkout(path.join(folder, "none")), "gone");
    for (const code of ["EACCES", "ENOTDIR", "EIO"])
      assert.equal(tools.checkout("/a", failing(code)), "unknown", code);
  });
  it("with an id is gone only if it was set up on this machine", () => {
    const id = "0123456789abcdef";
    const found = (name: string, known: boolean) =>
      tools.checkout(`${path.join(folder, name)}#${id}`, undefined, () => known);
    assert.deepEqual([found("none", true), found("none", false)], ["gone", "unknown"]);
  });
  it("with another id in the same folder is another checkout", () => {
    const [mine, theirs] = ["0123456789abcdef", "fedcba9876543210"];
    write(".swarmbench/checkout-id", `${mine}\n`);
    assert.equal(
      tools.checkout(`${folder}#${mine}`, undefined, () => false),
      "there",
    );
    assert.equal(
      tools.checkout(`${folder}#${theirs}`, undefined, () => false),
      "unknown",
    );
    assert.equal(
      tools.checkout(`${folder}#${theirs}`, undefined, () => true),
      "gone",
    );
    assert.equal(tools.isOf(`/a#${mine}`, `/a#${mine}`), true);
    assert.equal(tools.isOf(`/a#${mine}`, "/a"), true);
    assert.equal(tools.isOf(`/a#${mine}`, `/a#${theirs}`), false);
  });
  it("without a name is unknown", () => {
    assert.equal(tools.checkout(""), "unknown");
    assert.equal(tools.checkout("none"), "unknown");
  });
});

describe("a Docker object with swarmbench's label", () => {
  const object = (name: string, owner: string) => ({ kind: "volume", id: name, name, stack: "s", owner });
  const objects = [
    object("recorded", "/mine"),
    object("stray", "/mine"),
    object("theirs", "/there"),
    object("lost", "/gone"),
    object("hidden", "/unknown"),
  ];
  function sort(is: { complete?: boolean; pulumiRuns?: boolean } = {}) {
    const record = { ids: new Set(["recorded"]), complete: true, pulumiRuns: false, ...is };
    const ownerIs = (owner: string) => owner.slice(1);
    const sorted = tools.sortObjects(objects, record, "unix:///x", ownerIs as never, "/mine");
    const names = (leftovers: { what: string }[]) => leftovers.map(({ what }) => what.split(" ")[1]);
    return { own: names(sorted.own), gone: names(sorted.gone), notes: sorted.notes };
  }
  const others = [
    "may be in use, not removed: volume hidden of s, from /unknown",
    "in use by another checkout, not removed: s, from /there",
  ];

  it("is sorted by its checkout, and by whether it is still in use", () =>
    assert.deepEqual(sort(), { own: ["stray"], gone: ["lost"], notes: others }));
  it("of this checkout is not checked while pulumi runs", () =>
    assert.deepEqual(sort({ pulumiRuns: true }), { own: [], gone: ["lost"], notes: others }));
  it("of this checkout may be in use if a state cannot be read", () => {
    const { own, notes } = sort({ complete: false });
    assert.deepEqual(own, []);
    assert.match(notes[0] ?? "", /may be in use.* volume stray/);
    assert.doesNotMatch(notes.join("\n"), /recorded/);
  });
});
