import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { readInstallation } from "./installation.ts";

const sha = (digit: string) => `sha256:${digit.repeat(64)}`;
const stored = { digest: sha("a"), repository: "swarmbench/kafka", tree: "/cache/kafka" };
const written = {
  version: 2,
  source: "official",
  engineHost: "unix:///run/docker.sock",
  images: {
    node: { tag: "node:1", id: sha("1") },
    registry: { tag: "registry:1", id: sha("2") },
    kafka: stored,
    another: stored,
  },
};

describe("the installation", () => {
  const home = process.env.SWARMBENCH_HOME;
  const directory = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  const write = (document: object) =>
    writeFileSync(path.join(directory, "installation.json"), JSON.stringify(document));
  before(() => {
    process.env.SWARMBENCH_HOME = directory;
  });
  after(() => {
    if (home === undefined) delete process.env.SWARMBENCH_HOME;
    else process.env.SWARMBENCH_HOME = home;
    rmSync(directory, { recursive: true });
  });

  it("is an error with setup as the hint if the file is missing", () => {
    assert.throws(readInstallation, {
      message: /installation\.json is missing$/,
      hint: "Run `npm run setup` first.",
    });
  });

  it("separates the testbed's images from those of services, which may have any names", () => {
    write(written);
    const { testbedImages, images } = readInstallation();
    assert.deepEqual(testbedImages, { node: written.images.node, registry: written.images.registry });
    assert.deepEqual(images, { kafka: stored, another: stored });
  });

  it("is an error with setup as the hint if the version differs or an image is incomplete", () => {
    for (const other of [
      { ...written, version: 1 },
      { ...written, images: { ...written.images, kafka: { digest: sha("a") } } },
      { ...written, images: { kafka: stored } },
    ]) {
      write(other);
      assert.throws(readInstallation, {
        message: /cannot be used$/,
        hint: "Run `npm run setup` first.",
      });
    }
  });
});
