import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import type { EngineImage } from "../../cli/setup/images.ts";
import type { BenchSummary } from "../../contract/request.ts";
import type { Run } from "../../contract/result.ts";
import { readResults } from "../../results/store.ts";
import { BareHosts } from "./bareHosts.ts";
import { eventually } from "./eventually.ts";
import { nodeImageOf } from "./lab.ts";
import { measured } from "./measured.ts";
import { OarLab } from "./oarLab.ts";
import { TestProject } from "./project.ts";

/** A source of a testbed's nodes. */
export interface Source {
  /** `swarmbench:testbed` of a stack with a number of nodes. */
  testbed(nodes: number): Record<string, unknown>;
  /** The host names that nodes may have. */
  names: string[];
  /** Everything added to the machines since the start, one line each. */
  remains(): Promise<string[]>;
  /** The lines of {@link remains} that are still there after a destroy. */
  stays: string[];
  /** Image of local nodes. @default the one that setup has built */
  nodeImage?: EngineImage;
  /** How many jobs hold the first two nodes. @default 1 */
  jobs?: number;
  dispose(): Promise<void>;
}

/** A benchmark that takes a few seconds, on one broker. */
const SHORT_BENCHMARK = {
  "kafka.enabled": "true",
  "kafka.heap": "256 MiB",
  "workload.producers": "10",
  "workload.rate": "5",
  "benchmark.run": "true",
  "benchmark.slo.p99Ms": "10000",
  "benchmark.preheat": "0 seconds",
  "benchmark.warmUp.min": "1 second",
  "benchmark.warmUp.max": "5 seconds",
  "benchmark.warmUp.brokers": "1 second",
  "benchmark.duration": "3 seconds",
  "benchmark.drain": "10 seconds",
};

/** A stack on nodes of a testbed, for claims that build on each other. */
export interface OnTestbed<S extends Source> {
  project(): TestProject;
  source(): S;
  /** Host names of the nodes, in order. */
  hostnames(): Promise<string[]>;
  /** Results of the benchmark of the last `up`, which must have measured on these nodes. */
  measured(): Promise<Run>;
  /** Runs `npm run bench`, which must measure something. */
  measure(): Promise<void>;
}

export interface MoreClaims<S extends Source> {
  /** Settings in addition to a short benchmark. */
  config?: Record<string, string>;
  /** Claims about the stack with three nodes. */
  whileUp?: (on: OnTestbed<S>) => void;
  /** Claims after it is destroyed and all machines are free. */
  afterwards?: (on: OnTestbed<S>) => void;
}

/**
 * Claims that hold for a stack on every kind of testbed, from bare machines to destroy.
 */
export function describeTestbed<S extends Source>(
  kind: string,
  open: () => Promise<S>,
  { config = {}, whileUp, afterwards }: MoreClaims<S> = {},
): void {
  describe(`a testbed of kind ${kind}`, { concurrency: 1 }, () => {
    let project: TestProject;
    let source: S;
    before(async () => {
      source = await open();
      project = await TestProject.create(
        kind,
        { namespace: "lab", ...SHORT_BENCHMARK, ...config },
        source.nodeImage,
      );
      project.setTestbed(source.testbed(2), 2);
    });
    after(async () => {
      try {
        await project?.dispose();
      } finally {
        await source?.dispose();
      }
    });

    const results = () => path.join(project.directory, "runs");
    const hostnames = async () => {
      const { nodes } = await project.outputs<{ nodes: { hostname: string }[] }>();
      return nodes.map(({ hostname }) => hostname);
    };
    async function measuredRun(): Promise<Run> {
      const { benchmark } = await project.outputs<{ benchmark: BenchSummary }>();
      assert.equal(path.dirname(benchmark.results), results());
      const run = readResults(benchmark.results);
      const step = measured(run.steps[0]);
      assert.ok(step.delivered > 0, JSON.stringify(run.warnings));
      assert.deepEqual([step.lost, step.delivered], [0, step.offered]);
      const nodes = await hostnames();
      assert.deepEqual(
        run.conditions.nodes.map(({ name }) => name),
        nodes,
      );
      assert.ok(run.conditions.agents.every(({ node }) => nodes.includes(node)));
      return run;
    }

    async function measure(): Promise<void> {
      const before = readdirSync(results());
      await project.must("node", "swarmbench.mjs", "bench", "-s", kind);
      const made = readdirSync(results()).filter((name) => !before.includes(name));
      const step = measured(readResults(path.join(results(), made[0] ?? "none")).steps[0]);
      assert.ok(step.delivered > 0 && step.lost === 0, made.join(", "));
    }

    it("previews on bare machines, and changes nothing", async () => {
      assert.match(await project.mustPulumi("preview"), /to create/);
      assert.deepEqual([...(await source.remains()), ...(await project.remains())], []);
    });

    it("comes up on two nodes, with Kafka, and measures", async () => {
      await project.mustUp();
      const names = await hostnames();
      assert.equal(new Set(names).size, 2);
      assert.ok(
        names.every((name) => source.names.includes(name)),
        names.join(", "),
      );
      const [first, second] = names;
      assert.deepEqual(
        await project.swarmNodes(),
        [`${first} ready active monitor`, `${second} ready active broker`].sort(),
      );
      await measuredRun();
    });

    it("changes nothing at a second up", async () => {
      const runs = readdirSync(results());
      assert.match(await project.mustUp("--expect-no-changes"), /unchanged/);
      assert.deepEqual(readdirSync(results()), runs);
    });

    it("scales out to three nodes, and measures again", async () => {
      const names = await hostnames();
      project.setTestbed(source.testbed(3), 3);
      await project.mustUp();
      const grown = await hostnames();
      assert.deepEqual([grown.slice(0, 2), new Set(grown).size], [names, 3]);
      assert.ok((await project.swarmNodes()).includes(`${grown[2]} ready active agent`));
      const { conditions } = await measuredRun();
      assert.ok(conditions.agents.every(({ node }) => node === grown[2]));
    });

    const on: OnTestbed<S> = {
      project: () => project,
      source: () => source,
      hostnames,
      measured: measuredRun,
      measure,
    };
    whileUp?.(on);

    it("scales in to two nodes: the third is drained, cleaned and released", async () => {
      const [first, second, third] = await hostnames();
      project.setTestbed(source.testbed(2), 2);
      await project.mustUp();
      assert.deepEqual(await hostnames(), [first, second]);
      assert.equal((await project.swarmNodes()).length, 2);
      const ofThird = (lines: string[]) => lines.filter((line) => line.startsWith(`${third}: `));
      const remains = await source.remains();
      assert.deepEqual(ofThird(remains), ofThird(source.stays));
      const jobs = remains.filter((line) => line.startsWith("job "));
      assert.ok(jobs.length <= (source.jobs ?? 1), remains.join("\n"));
    });

    it("leaves nothing behind after a destroy", async () => {
      await project.mustPulumi("destroy", "--yes", "--skip-preview");
      assert.deepEqual(await source.remains(), source.stays);
      assert.deepEqual(await project.remains(), []);
      await eventually(async () => {
        const processes = await project.must("ps", "-eo", "args");
        assert.ok(!processes.includes(`${project.directory}/`), `a process is left:\n${processes}`);
      });
    });

    afterwards?.(on);
  });
}

/**
 * Containers of this machine.
 *
 * @param suite of Debian, such as trixie, whose Docker engine they run. @default that of all other images
 */
export async function localSource(suite?: string): Promise<Source> {
  return {
    nodeImage: suite === undefined ? undefined : await nodeImageOf(suite),
    testbed: () => ({ kind: "local" }),
    names: ["node1", "node2", "node3"],
    remains: async () => [], // those of the project are always checked
    stays: [],
    dispose: async () => {},
  };
}

type Cleanup = "stack" | "full";

export interface HostsSource extends Source {
  hosts: BareHosts;
}

async function hostsSource(
  cleanup: Cleanup,
  testbed: (hosts: BareHosts, nodes: number, more: Record<string, unknown>) => Record<string, unknown>,
  suite?: string,
): Promise<HostsSource> {
  const hosts = await BareHosts.start(3, "bare-a", { suite });
  return {
    hosts,
    testbed: (nodes) => testbed(hosts, nodes, { cleanup }),
    names: hosts.all.map(({ name }) => name),
    remains: () => remainsOf(hosts),
    stays: cleanup === "full" ? [] : hosts.all.map(({ name }) => `${name}: docker.io`),
    dispose: () => hosts.dispose(),
  };
}

export async function remainsOf(hosts: BareHosts): Promise<string[]> {
  return (await Promise.all(hosts.all.map((host) => hosts.remains(host)))).flat();
}

/**
 * Machines that a scenario lists.
 *
 * @param suite of Debian, such as trixie, whose Docker engine they get. @default that of all other images
 */
export function sshSource(cleanup: Cleanup, suite?: string): Promise<HostsSource> {
  return hostsSource(cleanup, (hosts, nodes, more) => hosts.ssh(nodes, more), suite);
}

/** Machines that a manifest names. */
export function rspecSource(cleanup: Cleanup): Promise<HostsSource> {
  return hostsSource(cleanup, (hosts, nodes, more) => hosts.rspec(nodes, more));
}

export interface OarSource extends HostsSource {
  oar: OarLab;
}

/** Machines that a real OAR reserves. */
export async function oarSource(cleanup: Cleanup): Promise<OarSource> {
  const source = await hostsSource(cleanup, () => ({}));
  const { hosts } = source;
  const oar = await OarLab.start(source.names, ["user1", "user2"], { hosts }).catch(async (error) => {
    await source.dispose();
    throw error;
  });
  const jobs = async () => (await oar.jobsOfUser("user1")).map((id) => `job ${id}`);
  return {
    ...source,
    oar,
    testbed: () => oar.testbed({ cleanup, walltime: "1 hour" }),
    remains: async () => [...(await jobs()), ...(await source.remains())],
    async dispose() {
      await oar.dispose();
      await hosts.dispose();
    },
  };
}
