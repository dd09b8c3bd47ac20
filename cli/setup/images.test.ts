import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { trimBase } from "../../offline/baseImage.ts";
import { built } from "../../offline/install.ts";
import { imageKey, withBuildContext } from "./buildContext.ts";
import { IMAGES } from "./imageDefinitions.ts";
import { blobsOf, extractImage, recallImage } from "./imageStore.ts";
import { official } from "./official.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text = "", mode = 0o644): string {
  const full = path.join(folder, name);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
  return full;
}
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true })
    .map(String)
    .filter((name) => !statSync(path.join(directory, name)).isDirectory())
    .sort();
}

describe("every image", () => {
  it("has a Dockerfile that starts from its base argument", () => {
    for (const { folder, dockerfile: name = folder } of Object.values(IMAGES)) {
      const text = readFileSync(path.resolve(import.meta.dirname, `../../images/${name}/Dockerfile`), "utf8");
      assert.match(text, /^ARG BASE\b.*\nFROM \$\{BASE\}( |$)/m, name);
    }
  });

  it("has a base of a fixed version among the makers' images", () => {
    for (const name of Object.keys(IMAGES)) {
      const base = official.image(name)?.base ?? "none";
      assert.match(base, /^[\w/.-]+:(?!latest$)[\w.-]+$/, name);
    }
  });

  it("can be built from package registries, except those that setup reports as left out", () => {
    const missing = Object.keys(IMAGES).filter((name) => !built.image(name));
    assert.deepEqual(missing, ["grafana", "portainer", "portainerAgent"]);
    assert.deepEqual(Object.keys(built.leftOut), missing);
  });
});

describe("the key of an image", () => {
  const key = (payload: Record<string, string>, base = "debian:1") =>
    imageKey(path.join(folder, "image"), base, payload, path.join(folder, "cache"));
  beforeEach(() => file("image/Dockerfile", "FROM x"));

  it("is the same for the same content in any order", () => {
    const [a, b] = [file("a", "a"), file("b", "b")];
    assert.equal(key({ "/a": a, "/b": b }), key({ "/b": b, "/a": a }));
  });

  it("changes with the Dockerfile, the base, and the content and paths of the payload", () => {
    const payload = { "/a": file("a", "a") };
    const seen = [key(payload), key(payload, "debian:2"), key({ "/b": payload["/a"] }), key({})];
    file("a", "changed");
    seen.push(key(payload));
    file("image/Dockerfile", "FROM y");
    seen.push(key(payload));
    assert.equal(new Set(seen).size, seen.length);
  });

  it("uses only the path of a file in the cache, which contains a key of its content", () => {
    const program = file("cache/tools/influxd-1/influxd", "one");
    const before = key({ "/usr/bin/influxd": program });
    rmSync(program);
    assert.equal(key({ "/usr/bin/influxd": program }), before);
    assert.notEqual(key({ "/usr/bin/influxd": program.replace("influxd-1", "influxd-2") }), before);
  });
});

describe("a build context", () => {
  const context = <T>(payload: Record<string, string>, work: (context: string) => Promise<T>) =>
    withBuildContext(path.join(folder, "image"), payload, work, path.join(folder, "cache"));
  beforeEach(() => file("image/Dockerfile", "FROM x"));

  it("is the Dockerfile's folder, with files and folders of the payload at their paths in the image", async () => {
    file("libs/a.jar");
    file("libs/sub/b.jar");
    const payload = { "/opt/libs": path.join(folder, "libs"), "/usr/bin/x": file("x-1", "x") };
    assert.deepEqual(await context(payload, async (name) => filesBelow(name)), [
      "Dockerfile",
      "payload/opt/libs/a.jar",
      "payload/opt/libs/sub/b.jar",
      "payload/usr/bin/x",
    ]);
  });

  it("has a payload folder even without a payload, because the Dockerfile copies it", async () => {
    assert.ok(await context({}, async (name) => existsSync(path.join(name, "payload"))));
  });

  it("is readable for every user of the image, and programs stay programs", async () => {
    const payload = { "/etc/secret.conf": file("conf", "", 0o600), "/usr/bin/x": file("x", "", 0o700) };
    const mode = (name: string) => (statSync(name).mode & 0o777).toString(8);
    const modes = await context(payload, async (name) =>
      ["etc", "etc/secret.conf", "usr/bin/x"].map((one) => mode(path.join(name, "payload", one))),
    );
    assert.deepEqual(modes, ["755", "644", "755"]);
    assert.equal(mode(path.join(folder, "conf")), "600");
  });

  it("keeps links as they are: they lead somewhere in the image", async () => {
    mkdirSync(path.join(folder, "libs"));
    symlinkSync("/opt/elsewhere", path.join(folder, "libs/link"));
    const names = await context({ "/opt/libs": path.join(folder, "libs") }, async (name) =>
      readdirSync(path.join(name, "payload/opt/libs")),
    );
    assert.deepEqual(names, ["link"]);
  });

  it("is removed after the build, also if that failed", async () => {
    const failing = context({}, async () => {
      throw new Error("no space");
    });
    await assert.rejects(failing, /no space/);
    assert.deepEqual(readdirSync(path.join(folder, "cache")), []);
  });
});

describe("the base image", () => {
  it("has no documentation and caches, but all licences and folders", () => {
    const kept = ["usr/share/doc/curl/copyright", "usr/bin/curl"];
    const dropped = [
      "usr/share/doc/curl/changelog.gz",
      "usr/share/man/man1/curl.1.gz",
      "usr/share/locale/de/a.mo",
      "usr/share/info/dir",
      "var/lib/apt/lists/partial/a",
      "var/cache/apt/pkgcache.bin",
      "var/log/dpkg.log",
    ];
    mkdirSync(path.join(folder, "etc/dpkg/dpkg.cfg.d"), { recursive: true });
    for (const name of [...kept, ...dropped]) file(name);
    trimBase(folder);
    assert.deepEqual(filesBelow(folder), ["etc/dpkg/dpkg.cfg.d/swarmbench", ...kept].sort());
    assert.ok(existsSync(path.join(folder, "usr/share/man/man1")));
  });
});

describe("the store of images", () => {
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
  const blob = (letter: string) =>
    `docker/registry/v2/blobs/sha256/${letter.repeat(2)}/${letter.repeat(64)}/data`;
  const repository = (name: string) => `docker/registry/v2/repositories/swarmbench/${name}`;

  /** A registry's storage with two images that share a layer. */
  function storage(): string {
    const manifest = (config: string, ...layers: string[]) =>
      JSON.stringify({
        config: { digest: digest(config) },
        layers: layers.map((one) => ({ digest: digest(one) })),
      });
    file(`storage/${blob("1")}`, manifest("a", "c", "d"));
    file(`storage/${blob("2")}`, manifest("b", "c", "e"));
    for (const letter of ["a", "b", "c", "d", "e"]) file(`storage/${blob(letter)}`, letter);
    for (const name of ["kafka", "bench"]) file(`storage/${repository(name)}/_manifests/link`, name);
    file(`storage/${repository("kafka")}/_uploads/1/data`, "half");
    return path.join(folder, "storage");
  }

  it("keeps the repository of an image and the blobs in its manifest, without incomplete uploads", () => {
    const target = path.join(folder, "tree");
    extractImage(storage(), "swarmbench/kafka", digest("1"), target);
    assert.deepEqual(
      filesBelow(target),
      [...["1", "a", "c", "d"].map(blob), `${repository("kafka")}/_manifests/link`].sort(),
    );
  });

  it("keeps the images of all platforms in a list of manifests", () => {
    const directory = storage();
    file(
      `storage/${blob("f")}`,
      JSON.stringify({ manifests: [{ digest: digest("1") }, { digest: digest("2") }] }),
    );
    assert.deepEqual(
      blobsOf(directory, digest("f")).sort(),
      ["1", "2", "a", "b", "c", "d", "e", "f"].map(digest),
    );
  });

  it("has an image only if its note and files exist", () => {
    const image = { folder: "kafka", key: "k1", tag: "t" };
    const recall = () => recallImage(image, folder);
    assert.equal(recall(), undefined);
    file("kafka-k1.json", JSON.stringify({ digest: digest("1") }));
    assert.equal(recall(), undefined);
    mkdirSync(path.join(folder, `kafka-${"1".repeat(12)}`));
    assert.deepEqual(recall(), {
      digest: digest("1"),
      repository: "swarmbench/kafka",
      tree: path.join(folder, `kafka-${"1".repeat(12)}`),
    });
  });
});
