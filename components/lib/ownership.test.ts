import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import type { ResourceHook } from "@pulumi/pulumi";
import { declare } from "../../test/support/mocks.ts";
import { labelFilters, labels, ownerOf, removeLeftoverFirst } from "./ownership.ts";

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

interface Thing {
  id: string;
  name: string;
  labels: string[];
  /** Of a container: the network it is on. */
  network?: string;
}

type Kind = "containers" | "networks" | "services";

/** An engine with these things; like the real one it keeps a network that a container is on. */
class Engine {
  readonly removed: string[] = [];
  private things: Record<Kind, Thing[]>;

  constructor(things: Record<Kind, Thing[]>) {
    this.things = things;
  }

  readonly docker = async (...args: string[]): Promise<string> => {
    const last = args.at(-1) ?? "";
    const kind: Kind = args[0] === "network" ? "networks" : args[0] === "service" ? "services" : "containers";
    if (args[0] === "rm" || args[1] === "rm") {
      assert.ok(kind !== "containers" || args.includes("--force"), "it may run");
      assert.ok(
        kind !== "networks" || this.things.containers.every(({ network }) => network !== last),
        "in use",
      );
      this.things = { ...this.things, [kind]: this.things[kind].filter(({ id }) => id !== last) };
      this.removed.push(`${kind} ${last}`);
      return `${last}\n`;
    }
    assert.ok(args[0] === "ps" ? args.includes("--all") : args[1] === "ls", args.join(" "));
    assert.ok(args.includes("--quiet") !== args.includes("--format"), "ids are wanted, or a format");
    const filters = args.filter((_, index) => args[index - 1] === "--filter");
    return this.things[kind]
      .filter((thing) => filters.every((filter) => matches(thing, filter)))
      .map(({ id, name }) => (args.includes("--format") ? `${id} ${name}\n` : `${id}\n`))
      .join("");
  };
}

function matches(thing: Thing, filter: string): boolean {
  const [, key, value = ""] = /^(label|name|network)=(.*)$/.exec(filter) ?? assert.fail(filter);
  if (key === "label") return thing.labels.includes(value);
  // As services have it: the beginning of a name is enough.
  if (key === "name" && !value.startsWith("^")) return thing.name.startsWith(value);
  return key === "name" ? new RegExp(value).test(thing.name) : thing.network === value;
}

describe("before a container, network or service is made", () => {
  const ours = ["swarmbench.stack=swarmbench-ann-local", "swarmbench.owner=/home/ann/bench"];
  const theirs = ["swarmbench.stack=swarmbench-ann-local", "swarmbench.owner=/elsewhere"];
  const thing = (id: string, of: string[], name = "thing", network?: string): Thing => ({
    id,
    name,
    labels: of,
    ...(network ? { network } : {}),
  });

  /** Runs the hook against an engine, and gives what it removes there. */
  async function removed(
    kind: "container" | "network" | "service",
    containers: Thing[],
    networks: Thing[] = [],
    services: Thing[] = [],
  ): Promise<string[]> {
    const engine = new Engine({ containers, networks, services });
    const { result } = await declare(() => removeLeftoverFirst(kind, "thing", owner, engine.docker));
    const [hook] = (result.beforeCreate ?? []) as ResourceHook[];
    assert.ok(hook, "there is no such hook");
    const said = mock.method(console, "log", () => {});
    try {
      await hook.callback({ urn: "", id: "", name: "", type: "" } as Parameters<ResourceHook["callback"]>[0]);
    } finally {
      said.mock.restore();
    }
    return engine.removed;
  }

  it("nothing is removed where nothing is left over", async () => {
    assert.deepEqual(await removed("container", []), []);
    assert.deepEqual(await removed("network", []), []);
  });

  it("a container of its name and owner is removed, and nobody else's, nor one of a longer name", async () => {
    const containers = [thing("a", ours), thing("b", theirs), thing("c", []), thing("d", ours, "thing2")];
    assert.deepEqual(await removed("container", containers, [thing("n", ours)]), ["containers a"]);
  });

  it("a service of its name and owner is removed, and nobody else's, nor one of a longer name", async () => {
    const services = [thing("a", ours), thing("b", theirs), thing("c", ours, "thing2")];
    assert.deepEqual(await removed("service", [], [], services), ["services a"]);
  });

  it("every network of its name and owner is removed, and nobody else's, nor one of a longer name", async () => {
    const networks = [thing("a", ours), thing("b", theirs), thing("c", ours, "my-thing"), thing("d", ours)];
    assert.deepEqual(await removed("network", [], networks), ["networks a", "networks d"]);
  });

  it("our containers on a network that is left over are removed before it, and no others", async () => {
    const containers = [thing("a", ours, "node1", "n"), thing("b", ours, "node2", "other")];
    assert.deepEqual(await removed("network", containers, [thing("n", ours)]), [
      "containers a",
      "networks n",
    ]);
  });
});
