import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { sendTreesScript } from "./images.ts";

const V2 = "docker/registry/v2";
const blob = (hex: string) => `${V2}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
const link = (name: string) => `${V2}/repositories/swarmbench/${name}/_manifests/link`;

let folder: string;
/** The registry's volume on the manager. */
let volume: string;
const inFolder = (...names: string[]) => path.join(folder, ...names);
/** A fake `ssh` that counts its calls and runs the command line on this machine. */
const SSH = `#!/bin/sh
[ "$2" = "my config" ] || exit 90
for last; do :; done
echo call >> "$FAKE/calls"
[ ! -f "$FAKE/cut" ] || [ "$(wc -l < "$FAKE/calls")" != 2 ] || { head -c 6000 | sh -c "$last"; exit; }
exec sh -c "$last"
`;
const DOCKER = `#!/bin/sh
[ "$*" = "volume inspect --format {{.Mountpoint}} registry" ] && echo "$FAKE/volume"
`;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  volume = inFolder("volume");
  mkdirSync(volume);
  mkdirSync(inFolder("bin"));
  writeFileSync(inFolder("bin/ssh"), SSH, { mode: 0o755 });
  writeFileSync(inFolder("bin/docker"), DOCKER, { mode: 0o755 });
  tree("kafka's", { [blob("aa11")]: "base", [blob("bb22")]: "x".repeat(9000), [link("kafka")]: "k" });
  tree("bench", { [blob("aa11")]: "base", [blob("cc33")]: "bench", [link("bench")]: "b" });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tree(name: string, files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(inFolder(name, file)), { recursive: true });
    writeFileSync(inFolder(name, file), text);
  }
}

function send(...trees: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const text = sendTreesScript({
    trees: trees.map((name) => inFolder(name)),
    volume: "registry",
    ssh: { host: "manager", user: "root", configFile: "my config", sudo: false },
  });
  const env = { FAKE: folder, HOME: folder, PATH: `${inFolder("bin")}:${process.env.PATH}` };
  return new Promise((resolve) => {
    execFile("bash", ["-c", text], { env, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

const done = { code: 0, stdout: "", stderr: "" };
const calls = () => readFileSync(inFolder("calls"), "utf8").trim().split("\n").length;
function received(): string[] {
  return readdirSync(volume, { recursive: true })
    .map(String)
    .filter((name) => statSync(path.join(volume, name)).isFile())
    .sort();
}

describe("the files of images", () => {
  const whole = [blob("aa11"), blob("bb22"), blob("cc33"), link("bench"), link("kafka")].sort();

  it("are uploaded to the registry's volume from all folders, without output", async () => {
    assert.deepEqual(await send("kafka's", "bench"), done);
    assert.deepEqual(received(), whole);
    assert.equal(readFileSync(path.join(volume, blob("cc33")), "utf8"), "bench");
  });

  it("are not uploaded if they exist: one ssh call lists them, and there is no other", async () => {
    await send("kafka's", "bench");
    rmSync(inFolder("calls"));
    assert.deepEqual(await send("kafka's", "bench"), done);
    assert.equal(calls(), 1);
  });

  it("are uploaded if they are missing, without changing existing ones", async () => {
    await send("kafka's", "bench");
    const { ino } = statSync(path.join(volume, blob("aa11")));
    rmSync(path.join(volume, blob("bb22")));
    assert.deepEqual(await send("kafka's", "bench"), done);
    assert.deepEqual(received(), whole);
    assert.equal(statSync(path.join(volume, blob("aa11"))).ino, ino);
  });

  it("appear in the registry only after all have arrived: an interrupted upload leaves none of them", async () => {
    writeFileSync(inFolder("cut"), "");
    const { code } = await send("kafka's", "bench");
    assert.notEqual(code, 0);
    assert.deepEqual(received(), []);
  });

  it("replace the leftovers of an interrupted upload", async () => {
    mkdirSync(path.join(volume, ".incoming.Ab12"));
    writeFileSync(path.join(volume, ".incoming.Ab12/data"), "half");
    await send("bench");
    assert.deepEqual(received(), [blob("aa11"), blob("cc33"), link("bench")].sort());
    assert.ok(!existsSync(path.join(volume, ".incoming.Ab12")));
  });

  it("cause an error that names setup if they are missing on this machine", async () => {
    const { code, stderr } = await send("bench", "gone");
    assert.notEqual(code, 0);
    assert.match(stderr, /gone is missing; restore it with: npm run setup/);
    assert.deepEqual(received(), []);
  });

  it("are not needed without services: there is no ssh call", async () => {
    assert.deepEqual(await send(), done);
    assert.ok(!existsSync(inFolder("calls")));
  });

  it("are not written to another folder if the volume does not exist", async () => {
    writeFileSync(inFolder("bin/docker"), "#!/bin/sh\necho 'no such volume' >&2; exit 1\n", { mode: 0o755 });
    const { code, stderr } = await send("bench");
    assert.notEqual(code, 0);
    assert.match(stderr, /no such volume/);
    assert.deepEqual(received(), []);
  });
});
