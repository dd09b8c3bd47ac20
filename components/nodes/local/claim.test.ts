import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { SwarmbenchError } from "../../../contract/errors.ts";
import type { DockerCli } from "../../../lib/docker.ts";
import { checkClaim } from "./claim.ts";

const prefix = "swarmbench-ann-local";
const ONE = { prefix, directory: "/home/ann/one#0123456789abcdef" };
const TWO = { prefix, directory: "/home/ann/two#fedcba9876543210" };

interface Network {
  id: string;
  owner: string;
  /** Nanoseconds since some time of 2026. */
  created: number;
}

/** A fake engine that accepts two networks of one name, as Docker did before 25.0. */
class Engine {
  networks: Network[] = [];

  readonly docker: DockerCli = async (...args) => {
    const [, verb] = args;
    if (verb === "ls") return this.networks.map(({ id }) => `${id}\n`).join("");
    if (verb === "rm") this.networks = this.networks.filter(({ id }) => id !== args.at(-1));
    if (verb !== "inspect") return "";
    return this.networks
      .filter(({ id }) => args.includes(id))
      .map(({ id, owner, created }) => `${id}\t${JSON.stringify(rfc3339(created))}\t${owner}\n`)
      .join("");
  };

  create(id: string, owner: string, created: number): void {
    this.networks.push({ id, owner, created });
  }
}

/** As Go writes times: without trailing zeros of the fraction. */
function rfc3339(ns: number): string {
  const seconds = new Date(1_795_000_000_000 + 1_000 * Math.floor(ns / 1e9)).toISOString().slice(0, 19);
  const fraction = String(ns % 1e9)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}

const passes = (engine: Engine, owner: typeof ONE) =>
  checkClaim(owner, engine.docker).then(
    () => true,
    (error) => {
      assert.ok(error instanceof SwarmbenchError, String(error));
      assert.match(
        error.text,
        /of the same name \(swarmbench-ann-local\)[\s\S]*another swarmbench:namespace/,
      );
      return false;
    },
  );

describe("the name of a stack on an engine", () => {
  it("is taken by a checkout that is alone, also without a network yet", async () => {
    const engine = new Engine();
    assert.equal(await passes(engine, ONE), true);
    engine.create("a", ONE.directory, 5);
    assert.equal(await passes(engine, ONE), true);
  });

  it("is refused to the later one of two, which withdraws its own network and no other", async () => {
    const engine = new Engine();
    engine.create("b", TWO.directory, 1_500_000_000);
    engine.create("a", ONE.directory, 1_050_000_000);
    assert.equal(await passes(engine, TWO), false);
    assert.deepEqual(
      engine.networks.map(({ id }) => id),
      ["a"],
    );
    assert.equal(await passes(engine, ONE), true);
  });

  it("is taken by exactly one of two that start at one instant, whatever the timing", async () => {
    const times = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }));
    const steps = fc.shuffledSubarray(["create1", "create2"], { minLength: 2 });
    await fc.assert(
      fc.asyncProperty(times, steps, fc.boolean(), async ([at1, at2], order, checksBetween) => {
        const engine = new Engine();
        const results = new Map<string, boolean>();
        const [early, late] = order[0] === "create1" ? [ONE, TWO] : [TWO, ONE];
        const [first, second] = order[0] === "create1" ? [at1, at2] : [at2, at1];
        // The engine's clock never goes back: what is created later is not older.
        engine.create(early === ONE ? "y" : "z", early.directory, 250_000_000 * Math.min(first, second));
        if (checksBetween) results.set(early.directory, await passes(engine, early));
        engine.create(late === ONE ? "y" : "z", late.directory, 250_000_000 * Math.max(first, second) + 1);
        for (const owner of [late, early]) {
          if (!results.has(owner.directory)) results.set(owner.directory, await passes(engine, owner));
        }
        assert.deepEqual([results.get(early.directory), results.get(late.directory)], [true, false]);
      }),
      { numRuns: 200 },
    );
  });
});
