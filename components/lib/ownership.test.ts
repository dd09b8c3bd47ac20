import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import type { ResourceHook } from "@pulumi/pulumi";
import { declare } from "../../test/support/mocks.ts";
import { labelFilters, labels, ownerOf, removeLeftoverFirst } from "./ownership.ts";

const owner = { prefix: "swarmbench-ann-local", directory: "/home/ann/bench" };

describe("the owner of a stack's objects", () => {
  it("is the stack and the folder that it is run from", () => {
    assert.deepEqual(ownerOf("swarmbench-x"), { prefix: "swarmbench-x", directory: process.cwd() });
  });

  it("is stored in labels, together with other labels", () => {
    assert.deepEqual(labels(owner, { more: "x" }), [
      { label: "swarmbench.stack", value: "swarmbench-ann-local" },
      { label: "swarmbench.owner", value: "/home/ann/bench" },
      { label: "more", value: "x" },
    ]);
  });

  it("is a filter for `docker … ls` with both labels", () => {
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
  /** The network of a container. */
  network?: string;
}

type Kind = "containers" | "networks" | "services";

/** A fake engine. Like the real one it refuses to remove a network that a container uses. */
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
      assert.ok(kind !== "containers" || args.includes("--force"), "a running container needs --force");
      assert.ok(
        kind !== "networks" || this.things.containers.every(({ network }) => network !== last),
        "in use",
      );
      this.things = { ...this.things, [kind]: this.things[kind].filter(({ id }) => id !== last) };
      this.removed.push(`${kind} ${last}`);
      return `${last}\n`;
    }
    assert.ok(args[0] === "ps" ? args.includes("--all") : args[1] === "ls", args.join(" "));
    assert.ok(args.includes("--quiet") !== args.includes("--format"), "either --quiet or --format");
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
  // Like the real filter: a prefix of the name matches.
  if (key === "name" && !value.startsWith("^")) return thing.name.startsWith(value);
  return key === "name" ? new RegExp(value).test(thing.name) : thing.network === value;
}

describe("before a container, network or service is created", () => {
  const own = ["swarmbench.stack=swarmbench-ann-local", "swarmbench.owner=/home/ann/bench"];
  const foreign = ["swarmbench.stack=swarmbench-ann-local", "swarmbench.owner=/elsewhere"];
  const thing = (id: string, labels: string[], name = "thing", network?: string): Thing => ({
    id,
    name,
    labels,
    network,
  });

  /** Runs the hook with a fake engine, and returns the removed objects. */
  async function removed(
    kind: "container" | "network" | "service",
    containers: Thing[],
    networks: Thing[] = [],
    services: Thing[] = [],
  ): Promise<string[]> {
    const engine = new Engine({ containers, networks, services });
    const { result } = await declare(() => removeLeftoverFirst(kind, "thing", owner, engine.docker));
    const [hook] = (result.beforeCreate ?? []) as ResourceHook[];
    assert.ok(hook, "there is no beforeCreate hook");
    const log = mock.method(console, "log", () => {});
    try {
      await hook.callback({ urn: "", id: "", name: "", type: "" } as Parameters<ResourceHook["callback"]>[0]);
    } finally {
      log.mock.restore();
    }
    return engine.removed;
  }

  it("nothing is removed if there are no leftovers", async () => {
    assert.deepEqual(await removed("container", []), []);
    assert.deepEqual(await removed("network", []), []);
  });

  it("a container of the same name and owner is removed, but no foreign one and none with a longer name", async () => {
    const containers = [thing("a", own), thing("b", foreign), thing("c", []), thing("d", own, "thing2")];
    assert.deepEqual(await removed("container", containers, [thing("n", own)]), ["containers a"]);
  });

  it("a service of the same name and owner is removed, but no foreign one and none with a longer name", async () => {
    const services = [thing("a", own), thing("b", foreign), thing("c", own, "thing2")];
    assert.deepEqual(await removed("service", [], [], services), ["services a"]);
  });

  it("every network of the same name and owner is removed, but no foreign one and none with a longer name", async () => {
    const networks = [thing("a", own), thing("b", foreign), thing("c", own, "my-thing"), thing("d", own)];
    assert.deepEqual(await removed("network", [], networks), ["networks a", "networks d"]);
  });

  it("the owner's containers on a leftover network are removed before it, and no others", async () => {
    const containers = [thing("a", own, "node1", "n"), thing("b", own, "node2", "other")];
    assert.deepEqual(await removed("network", containers, [thing("n", own)]), ["containers a", "networks n"]);
  });
});
