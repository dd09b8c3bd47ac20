import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, it } from "node:test";
import { askSync } from "../lib/exec.ts";
import { settingsErrors } from "../test/support/settingsErrors.ts";
import { parseSettings } from "./settings.ts";

const parse = (config: Record<string, unknown>) =>
  parseSettings(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
    "local",
    "ann",
  );
/** The errors in a configuration, one per line; empty if there are none. */
const errorsOf = (config: Record<string, unknown>): string => {
  try {
    parse(config);
  } catch (error) {
    return settingsErrors(error).join("\n");
  }
  return "";
};

describe("agents, workload and benchmark", () => {
  it("have defaults: one task of each, 100 producers of 10 messages per second, an SLO of 100 ms", () => {
    const { bench } = parse({});
    assert.deepEqual(
      [bench?.producers.tasks, bench?.consumers.tasks, bench?.workload.producers],
      [1, 1, 100],
    );
    assert.deepEqual(bench?.benchmark.slo, { p99Ms: 100, delivered: 0.999, lost: 0 });
    assert.equal(bench?.benchmark.run, true);
  });

  it("are undefined without Kafka", () =>
    assert.equal(parse({ kafka: { enabled: false } }).bench, undefined));

  it("accept strings for numbers, as `pulumi config set` stores them", () => {
    const { bench } = parse({
      workload: { producers: "7", acks: "1" },
      benchmark: { sweep: { rate: ["0.5", 2] } },
    });
    assert.deepEqual(
      [bench?.workload.producers, bench?.workload.acks, bench?.benchmark.sweep?.rate],
      [7, 1, [0.5, 2]],
    );
  });

  it("are rejected with every error and its path", () => {
    const errors = errorsOf({
      producers: { tasks: 0 },
      workload: { producers: "many", compression: "lz4", fetch: { minByte: 1 } },
      benchmark: {
        slo: { p99Ms: 0 },
        search: { variable: "acks", from: 1, to: 2 },
        warmUp: { min: "9 seconds", max: "1 second" },
      },
    });
    for (const error of [
      /swarmbench:producers\.tasks: expected a whole number from 1/,
      /swarmbench:workload\.producers: expected a whole number/,
      /swarmbench:workload\.fetch: no such setting: minByte/,
      /swarmbench:benchmark\.slo\.p99Ms: expected ms/,
      /swarmbench:benchmark\.search\.variable: expected one of producers, rate/,
      /swarmbench:benchmark\.warmUp: min must not be larger than max/,
    ]) {
      assert.match(errors, error);
    }
  });

  const together: [string, Record<string, unknown>, RegExp][] = [
    [
      "a compression that the client lacks",
      { workload: { client: "kafkajs", compression: "lz4" } },
      /workload\.compression: kafkajs has none and gzip; for lz4 set client: platformatic/,
    ],
    ["two rates", { workload: { rate: 1, totalRate: 2 } }, /workload\.totalRate: set either rate/],
    [
      "an idempotent producer without acks all",
      { workload: { idempotent: true, acks: 1 } },
      /workload\.idempotent/,
    ],
    [
      "more replicas than brokers",
      { workload: { replicationFactor: 3 } },
      /workload\.replicationFactor: 3 replicas need 3 brokers, but kafka\.brokers is 1/,
    ],
    [
      "more nodes than there are for agents",
      { benchmark: { sweep: { nodes: [1, 2] } } },
      /benchmark\.sweep\.nodes: 2 nodes requested, but agents run on 1/,
    ],
    [
      "a sweep side by side of different lengths",
      { benchmark: { sweep: { producers: [1], rate: [1, 2] }, combine: "side by side" } },
      /every variable needs the same number of values/,
    ],
    [
      "a soak with a sweep",
      { benchmark: { soak: "1 hour", sweep: { producers: [1] } } },
      /benchmark\.soak: a soak is one step/,
    ],
    [
      "an invalid value in a sweep",
      { benchmark: { sweep: { producers: [0] } } },
      /benchmark\.sweep\.producers: 0: expected a whole number/,
    ],
    [
      "a search that starts above its end",
      { benchmark: { search: { variable: "rate", from: 5, to: 2 } } },
      /benchmark\.search: from must be less than to/,
    ],
  ];
  for (const [what, config, error] of together) {
    it(`are rejected for ${what}`, () => assert.match(errorsOf(config), error));
  }

  it("include the content of a file in the workload, and reject a missing or too large file", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-content-"));
    const [good, large] = [path.join(folder, "good"), path.join(folder, "large")];
    writeFileSync(good, "abc");
    writeFileSync(large, Buffer.alloc(1_048_577));
    try {
      assert.deepEqual(parse({ workload: { content: { file: good } } }).bench?.workload.content, {
        base64: "YWJj",
      });
      assert.match(
        errorsOf({ workload: { content: { file: large } } }),
        /has 1048577 bytes; expected 1 to 1048576/,
      );
      assert.match(
        errorsOf({ workload: { content: { file: `${good}.not` } } }),
        /workload\.content\.file: ENOENT/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The stack files that git tracks; a user's own, uncommitted scenarios do not count. Without git, all of the folder. */
function committedScenarios(root: string): string[] {
  const isStackFile = (name: string) => /^Pulumi\..+\.yaml$/.test(name);
  const listed =
    askSync("git", ["-C", root, "ls-files", "--", "Pulumi.*.yaml"])?.split("\n").filter(isStackFile) ?? [];
  return listed.length > 0 ? listed : readdirSync(root).filter(isStackFile);
}

describe("every committed scenario", () => {
  const root = path.resolve(import.meta.dirname, "..");
  const scenarios = committedScenarios(root);

  it("is listed in the README and in docs/scenarios.md", () => {
    const expected = [
      "cluster-3",
      "faults-cluster-3",
      "faults",
      "fed4fire",
      "grid5000",
      "large-messages",
      "local",
      "more-consumers",
      "more-nodes",
      "overload",
      "single-broker",
      "soak",
      "ssh",
      "tuned",
    ];
    assert.deepEqual(
      scenarios.map((name) => name.split(".")[1]),
      expected,
    );
    for (const page of ["README.md", "docs/scenarios.md"]) {
      const text = readFileSync(path.join(root, page), "utf8");
      for (const name of scenarios) {
        assert.match(text, new RegExp(`^\\| .*\`${name.split(".")[1]}\``, "m"), `${name} in ${page}`);
      }
    }
  });

  for (const name of scenarios) {
    it(`is valid: ${name}`, async () => {
      const { parse: parseYaml } = await import("yaml");
      const { config } = parseYaml(readFileSync(path.join(root, name), "utf8")) as {
        config: Record<string, unknown>;
      };
      const own = Object.entries(config).filter(([key]) => key.startsWith("swarmbench:"));
      assert.equal(errorsOf(Object.fromEntries(own.map(([key, value]) => [key.slice(11), value]))), "");
    });
  }
});
