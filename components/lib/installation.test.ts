import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import { readInstallation } from "./installation.ts";

const sha = (digit: string) => `sha256:${digit.repeat(64)}`;
const stored = { digest: sha("a"), repository: "swarmbench/kafka", tree: "/cache/kafka" };
const written = {
  version: 3,
  source: "official",
  engineHost: "unix:///run/docker.sock",
  images: {
    node: { tag: "node:1", id: sha("1") },
    registry: { tag: "registry:1", id: sha("2") },
    kafka: stored,
    another: stored,
  },
  leftOut: { grafana: { reason: "none", hint: "npm run setup" } },
  withoutPages: ["influxdb"],
};

describe("what setup has installed", () => {
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

  it("names npm run setup if installation.json is missing", () => {
    assert.throws(readInstallation, /installation\.json is missing: run `npm run setup` first/);
  });

  it("keeps the testbed's images apart from those of services, of which there may be any", () => {
    write(written);
    const { testbedImages, images } = readInstallation();
    assert.deepEqual(testbedImages, { node: written.images.node, registry: written.images.registry });
    assert.deepEqual(images, { kafka: stored, another: stored });
  });

  it("has the images that setup does not have, with the reason, and those without web pages", () => {
    const missing = {
      leftOut: { grafana: { reason: "no image", hint: "npm run setup" } },
      withoutPages: ["influxdb"],
    };
    for (const expected of [missing, { leftOut: {}, withoutPages: [] }]) {
      write({ ...written, ...expected });
      const { leftOut, withoutPages } = readInstallation();
      assert.deepEqual({ leftOut, withoutPages }, expected);
    }
  });

  it("names npm run setup if it is of another version or an image is incomplete", () => {
    for (const other of [
      { ...written, version: 1 },
      { ...written, images: { ...written.images, kafka: { digest: sha("a") } } },
      { ...written, images: { kafka: stored } },
    ]) {
      write(other);
      assert.throws(readInstallation, /is not usable: run `npm run setup` first/);
    }
  });
});
