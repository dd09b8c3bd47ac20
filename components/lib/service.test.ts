import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { Limits } from "../../config/services/index.ts";
import {
  declareOn,
  fileText,
  imageOf,
  owner,
  type Program,
  SWARM_ID,
} from "../../test/support/deployment.ts";
import { known } from "../../test/support/mocks.ts";
import type { Site } from "./deployment.ts";
import { configFile, secretFile } from "./files.ts";
import { labels } from "./ownership.ts";
import { homeOf } from "./placement.ts";
import { type ServiceArgs, service, type Transform } from "./service.ts";

/** One component with one service, which is on node2 unless a test says otherwise. */
function declareService(own: (site: Site, parent: pulumi.Resource) => Partial<ServiceArgs> = () => ({})) {
  return declareOn((site) => {
    const part = new pulumi.ComponentResource("test:index:Part", "part");
    const image = site.images.ref("kafka");
    const on = site.nodes[1] ?? assert.fail("no node2");
    service("probe", { site, name: "probe", image, on, limits: {}, ...own(site, part) }, part);
  });
}
interface Inputs {
  [key: string]: unknown;
  taskSpec: Record<string, unknown>;
}
const inputsOf = (program: Program<void>) => program.get("Service probe").inputs as Inputs;

let plain: Program<void>;
before(async () => {
  plain = await declareService();
});

describe("a service of the swarm", () => {
  it("runs an image of the testbed's own registry, by its digest", () => {
    assert.equal(plain.container("probe").image, imageOf("kafka"));
  });

  it("comes once its image is in the registry and the registry serves", () => {
    const { dependencies } = plain.get("Service probe");
    assert.ok(dependencies.includes("Command images-sent") && dependencies.includes("Container registry"));
  });

  it("is declared through the manager's provider, below its component", () => {
    const { provider, parent, deletedWith } = plain.get("Service probe");
    assert.deepEqual(
      [provider, parent, deletedWith],
      ["Provider swarm-manager", "Part part", "Machine node1"],
    );
  });

  it("is made anew in another swarm, the old one first, after a leftover of its name", () => {
    const { replacementTrigger, deleteBeforeReplace, beforeCreate } = plain.get("Service probe");
    assert.equal(replacementTrigger, SWARM_ID);
    assert.equal(deleteBeforeReplace, true);
    assert.deepEqual(beforeCreate, ["remove-leftover-service-probe"]);
  });

  it("carries the labels of stack and folder, and so do its tasks' containers", () => {
    assert.deepEqual(inputsOf(plain).labels, labels(owner));
    assert.deepEqual(plain.container("probe").labels, labels(owner));
  });

  it("is found by DNS alone, on the stack's overlay network, and publishes no port", () => {
    const { endpointSpec, taskSpec } = inputsOf(plain);
    assert.deepEqual(endpointSpec, { mode: "dnsrr", ports: [] });
    assert.deepEqual(taskSpec.networksAdvanceds, [{ name: "bench-id" }]);
  });

  it("publishes a port that is asked for on its node alone, not on every node", async () => {
    const program = await declareService(() => ({ ports: [{ published: 19092, target: 9095 }] }));
    assert.deepEqual(inputsOf(program).endpointSpec, {
      mode: "dnsrr",
      ports: [{ publishedPort: 19092, targetPort: 9095, publishMode: "host" }],
    });
  });

  it("stops its old task before the new one starts: both would have the same volume", () => {
    assert.deepEqual(inputsOf(plain).updateConfig, {
      order: "stop-first",
      parallelism: 1,
      failureAction: "pause",
    });
  });

  it("lets no difference in its platforms show, which the client takes from the image", () => {
    assert.deepEqual(plain.get("Service probe").ignoreChanges, ["taskSpec.placement.platforms"]);
  });
});

describe("a service that is pinned to a node", () => {
  it("has one task, there", () => {
    const { mode, taskSpec } = inputsOf(plain);
    assert.deepEqual(mode, { replicated: { replicas: 1 } });
    assert.deepEqual(taskSpec.placement, { constraints: ["node.hostname==node2"] });
  });

  it("is waited for by the provider, which refuses a delay below five seconds", () => {
    assert.deepEqual(inputsOf(plain).convergeConfig, { delay: "5s", timeout: "3m" });
  });

  it("is not waited for by the provider where a probe of its own says more", async () => {
    const program = await declareService(() => ({ converge: false }));
    assert.equal("convergeConfig" in inputsOf(program), false);
  });
});

describe("a service on every node", () => {
  it("is global, has no constraint, and is not waited for by the provider", async () => {
    const { mode, taskSpec, ...rest } = inputsOf(await declareService(() => ({ on: "every node" })));
    assert.deepEqual(mode, { global: true });
    assert.deepEqual(taskSpec.placement, {});
    assert.equal("convergeConfig" in rest, false);
  });
});

describe("limits of a service", () => {
  const resources = async (limits: Limits) => {
    const { taskSpec } = inputsOf(await declareService(() => ({ limits })));
    return taskSpec;
  };

  it("are given in billionths of a CPU and in bytes", async () => {
    assert.deepEqual((await resources({ cpus: 1.5, memoryMiB: 512 })).resources, {
      limits: { nanoCpus: 1_500_000_000, memoryBytes: 536_870_912 },
    });
  });

  it("are whole numbers, whatever the fraction of a CPU", async () => {
    assert.deepEqual((await resources({ cpus: 0.1 + 0.2 })).resources, {
      limits: { nanoCpus: 300_000_000, memoryBytes: 0 },
    });
  });

  it("that are none are zero: of one that is left out the provider keeps the one before", async () => {
    assert.deepEqual((await resources({ memoryMiB: 64 })).resources, {
      limits: { nanoCpus: 0, memoryBytes: 67_108_864 },
    });
    assert.deepEqual((await resources({})).resources, { limits: { nanoCpus: 0, memoryBytes: 0 } });
  });
});

describe("a service's task", () => {
  it("has secrets and configs as files at the paths that are asked for", async () => {
    const program = await declareService((site, parent) => ({
      files: [
        { path: "/run/secrets/key", source: secretFile("probe-key", "hush", site, parent) },
        { path: "/etc/probe.conf", source: configFile("probe-conf", "loud", site, parent) },
      ],
    }));
    const { secrets, configs } = program.container("probe");
    assert.deepEqual(secrets, [
      { secretId: "probe-key-id", secretName: "probe-key-drawn", fileName: "/run/secrets/key" },
    ]);
    assert.deepEqual(configs, [
      { configId: "probe-conf-id", configName: "probe-conf-drawn", fileName: "/etc/probe.conf" },
    ]);
  });

  it("has no health check, and switches one off that an earlier version or the image has", () => {
    const { healthcheck } = plain.container("probe") as { healthcheck: { tests: string[] } };
    assert.deepEqual(healthcheck.tests, ["NONE"]);
  });

  it("keeps what its image says of user and arguments where nothing is asked for", () => {
    assert.deepEqual(Object.keys(plain.container("probe")).sort(), [
      "configs",
      "env",
      "healthcheck",
      "image",
      "labels",
      "mounts",
      "secrets",
      "stopGracePeriod",
    ]);
  });

  it("has no health check, and switches off one that an earlier version or the image brought", () => {
    const { healthcheck } = plain.container("probe") as { healthcheck: { tests: string[] } };
    assert.deepEqual(healthcheck.tests, ["NONE"]);
  });

  it("may write to what it mounts unless the mount says otherwise", async () => {
    const program = await declareService(() => ({
      mounts: [
        { type: "volume", source: "data", target: "/data" },
        { type: "bind", source: "/proc", target: "/host/proc", readOnly: true },
      ],
    }));
    const mounts = program.container("probe").mounts as { readOnly: boolean }[];
    assert.deepEqual(
      mounts.map(({ readOnly }) => readOnly),
      [false, true],
    );
  });
});

describe("a file of a task", () => {
  let program: Program<void>;
  before(async () => {
    program = await declareOn((site) => {
      const part = new pulumi.ComponentResource("test:index:Part", "part");
      secretFile("key", "hush – ü", site, part);
      configFile("conf", "loud – ü", site, part);
    });
  });

  it("that is a secret is one in Pulumi's state too, even where its text was given in clear", () => {
    assert.deepEqual(program.get("Secret key").secrets, ["data"]);
    assert.doesNotMatch(program.get("Secret key").open, /hush|aHVza/);
  });

  it("holds the text that was given, of whatever letters", () => {
    assert.equal(fileText(program.get("Secret key")), "hush – ü");
    assert.equal(fileText(program.get("ServiceConfig conf")), "loud – ü");
  });

  for (const name of ["Secret key", "ServiceConfig conf"]) {
    it(`(${name.split(" ")[0]}) has a drawn name and is replaced before it goes: a task has it yet`, () => {
      const { inputs, deleteBeforeReplace, replacementTrigger, provider } = program.get(name);
      assert.equal(inputs.name, undefined);
      assert.equal(deleteBeforeReplace, false);
      assert.deepEqual([replacementTrigger, provider], [SWARM_ID, "Provider swarm-manager"]);
    });
  }
});

describe("the home of a part that keeps data", () => {
  const nodes = (...roles: string[]) =>
    roles.map((role, index) => ({ name: `node${index + 1}`, role })) as unknown as Site["nodes"];

  it("is the first node of its role", () => {
    assert.equal(homeOf("broker", nodes("monitor", "agent", "broker", "broker")).name, "node3");
  });

  it("is the manager where no node has the role", () => {
    assert.equal(homeOf("monitor", nodes("agent", "broker")).name, "node1");
  });
});

describe("a transform", () => {
  const args = {
    environment: { LEVEL: "warn" },
    arguments: ["serve"],
    mounts: [{ type: "volume" as const, source: "data", target: "/data" }],
  };
  const withTransform = (transform: Transform) => declareService(() => ({ ...args, transform }));

  it("changes environment, arguments and mounts of what is declared", async () => {
    const program = await withTransform((task) => {
      task.environment.LEVEL = "debug";
      task.environment.EXTRA = "1";
      task.arguments.push("--fast");
      task.mounts.push({ type: "bind", source: "/proc", target: "/host/proc", readOnly: true });
    });
    const { env, args: declared, mounts } = program.container("probe");
    assert.deepEqual(env, { LEVEL: "debug", EXTRA: "1" });
    assert.deepEqual(declared, ["serve", "--fast"]);
    assert.deepEqual(mounts, [
      { type: "volume", source: "data", target: "/data", readOnly: false },
      { type: "bind", source: "/proc", target: "/host/proc", readOnly: true },
    ]);
  });

  it("may return other settings instead", async () => {
    const program = await withTransform((task) => ({ ...task, environment: {}, stopGraceSec: 99 }));
    assert.deepEqual(program.container("probe").env, {});
    assert.equal(program.container("probe").stopGracePeriod, "99s");
  });

  it("leaves alone what the component passed", async () => {
    const before = structuredClone(args);
    await withTransform((task) => {
      task.environment.LEVEL = "debug";
      task.arguments.push("--fast");
      const [mount] = task.mounts;
      if (mount) mount.target = "/elsewhere";
    });
    assert.deepEqual(args, before);
  });

  it("gets the defaults of what the component left out", async () => {
    await declareService(() => ({
      transform: ({ arguments: words, environment, mounts, files, ports, networks, stopGraceSec }) => {
        assert.deepEqual([words, environment, mounts, files, ports], [[], {}, [], [], []]);
        assert.deepEqual([networks.length, stopGraceSec], [1, 10]);
      },
    }));
  });

  it("changes the digest by which jobs see that the settings are others", async () => {
    const digest = async (transform?: Transform) => {
      let settings: pulumi.Output<string> | undefined;
      await declareOn((site) => {
        const part = new pulumi.ComponentResource("test:index:Part", "part");
        const image = site.images.ref("kafka");
        const declared = service(
          "probe",
          { site, name: "probe", image, on: site.nodes[0], limits: {}, ...args, transform },
          part,
        );
        settings = declared.settings;
      });
      return known(settings ?? assert.fail("nothing was declared"));
    };
    const usual = await digest();
    assert.match(usual, /^[0-9a-f]{16}$/);
    assert.equal(await digest(() => {}), usual);
    assert.notEqual(await digest((task) => ({ ...task, user: "1000" })), usual);
    assert.notEqual(
      await digest((task) => {
        task.limits.cpus = 2;
      }),
      usual,
    );
  });
});
