import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import type { ResourceHook } from "@pulumi/pulumi";
import { labelFilters, labels, ownerOf, removeLeftoverFirst } from "../../components/lib/ownership";
import { declare } from "../support/mocks";

const owner = { prefix: "swarmbench-ann-local", directory: "/home/ann/bench" };

describe("the owner of what a stack makes", () => {
  it("is the stack, and the folder from which it runs", () => {
    assert.deepEqual(ownerOf("swarmbench-x"), { prefix: "swarmbench-x", directory: process.cwd() });
  });

  it("stands in labels, beside others", () => {
    assert.deepEqual(labels(owner, { more: "x" }), [
      { label: "swarmbench.stack", value: "swarmbench-ann-local" },
      { label: "swarmbench.owner", value: "/home/ann/bench" },
      { label: "more", value: "x" },
    ]);
  });

  it("is what `docker … ls` filters by, with both labels", () => {
    assert.deepEqual(labelFilters(owner), [
      "--filter",
      "label=swarmbench.stack=swarmbench-ann-local",
      "--filter",
      "label=swarmbench.owner=/home/ann/bench",
    ]);
  });
});

describe("before a container or network is made", () => {
  /** Runs the hook against an engine that lists `found`, and gives the calls of `docker`. */
  async function calls(kind: "container" | "network", found: string): Promise<string[]> {
    const made: string[] = [];
    const docker = async (...args: string[]) => {
      made.push(args.join(" "));
      return args.includes("--quiet") ? found : "";
    };
    const { result } = await declare(() => removeLeftoverFirst(kind, "thing", owner, docker));
    const [hook] = (result.beforeCreate ?? []) as ResourceHook[];
    assert.ok(hook, "there is no such hook");
    const said = mock.method(console, "log", () => {});
    try {
      await hook.callback({ urn: "", id: "", name: "", type: "" } as Parameters<ResourceHook["callback"]>[0]);
    } finally {
      said.mock.restore();
    }
    return made;
  }
  const filters =
    "--quiet --no-trunc --filter label=swarmbench.stack=swarmbench-ann-local " +
    "--filter label=swarmbench.owner=/home/ann/bench --filter name=^thing$";

  it("one of the same name and the same owner is looked for, and nothing is removed where there is none", async () => {
    assert.deepEqual(await calls("container", ""), [`ps --all ${filters}`]);
  });

  it("a container that is left over is removed, though it runs", async () => {
    assert.deepEqual(await calls("container", "abc\n"), [`ps --all ${filters}`, "container rm --force abc"]);
  });

  it("every network that is left over is removed: Docker allows several of one name", async () => {
    assert.deepEqual(await calls("network", "abc\ndef\n"), [
      `network ls ${filters}`,
      "network rm abc",
      "network rm def",
    ]);
  });
});
