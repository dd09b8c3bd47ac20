import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { project } from "../lib/paths.ts";
import { official } from "./official.ts";
import { versions } from "./versions.ts";

const read = (...names: string[]) => readFileSync(path.join(project, ...names), "utf8");

/** The version that a module of offline/go requires. */
function required(module: string, dependency: string): string | undefined {
  const line = new RegExp(`^(?:require)?\\s+${dependency} v(\\S+)`, "m");
  return line.exec(read("offline/go", module, "go.mod"))?.[1];
}
const baseOf = (name: string) => official.image(name)?.base ?? "none";

describe("what is built from package registries and what comes from the makers", () => {
  const modules = {
    influxdb: ["influxd", "github.com/influxdata/influxdb/v2"],
    telegraf: ["telegraf", "github.com/influxdata/telegraf"],
    toxiproxy: ["toxiproxy", "github.com/Shopify/toxiproxy/v2"],
  } as const;
  for (const name of ["influxdb", "telegraf", "toxiproxy"] as const) {
    it(`is the same version of ${name}`, () => {
      const [module, dependency] = modules[name];
      assert.equal(required(module, dependency), versions[name]);
      assert.equal(baseOf(name).split(":")[1], versions[name]);
    });
  }

  it("is the same version of Kafka", () => {
    const pom = read("offline/kafka/pom.xml");
    assert.equal(/<kafka.version>(.*)<\/kafka.version>/.exec(pom)?.[1], versions.kafka);
    assert.equal(baseOf("kafka").split(":")[1], versions.kafka);
  });

  it("is the same version of Node, on the same Debian", () =>
    assert.equal(baseOf("bench"), `node:${versions.node}-${versions.debian}-slim`));

  for (const module of ["pulumi-cli", "pulumi-language-nodejs", "docker-provider", "command-provider"]) {
    it(`is on the version of Pulumi's SDK: ${module}`, () =>
      assert.equal(required(module, "github.com/pulumi/pulumi/sdk/v3"), versions.pulumi));
  }
});

describe("a Dockerfile", () => {
  for (const name of ["bench", "influxdb", "telegraf", "toxiproxy", "node", "registry"] as const) {
    it(`starts, built by hand, from the image that setup names: ${name}`, () =>
      assert.equal(/^ARG BASE=(.*)$/m.exec(read("images", name, "Dockerfile"))?.[1], baseOf(name)));
  }
});
