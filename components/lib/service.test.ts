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
import type { Deployment } from "./deployment.ts";
import { configFile, secretFile } from "./files.ts";
import { labels } from "./ownership.ts";
import { homeOf } from "./placement.ts";
import { type ServiceArgs, service, type Transform } from "./service.ts";

/** A component with one service, on node2 by default. */
function declareService(
  own: (deployment: Deployment, parent: pulumi.Resource) => Partial<ServiceArgs> = () => ({}),
) {
  return declareOn((deployment) => {
    const part = new pulumi.ComponentResource("test:index:Part", "part");
    const image = deployment.images.ref("kafka");
    const on = deployment.nodes[1] ?? assert.fail("no node2");
    service("probe", { deployment, name: "probe", image, on, limits: {}, ...own(deployment, part) }, part);
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
  it("runs an image of the testbed's registry, by digest", () => {
    assert.equal(plain.container("probe").image, imageOf("kafka"));
  });

  it("is created after its image is in the running registry", () => {
    const { dependencies } = plain.get("Service probe");
    assert.ok(dependencies.includes("Command images-sent") && dependencies.includes("Container registry"));
  });

  it("uses the manager's provider and is a child of its component", () => {
    const { provider, parent, deletedWith } = plain.get("Service probe");
    assert.deepEqual(
      [provider, parent, deletedWith],
      ["Provider swarm-manager", "Part part", "Machine node1"],
    );
  });

  it("is replaced in a new swarm: leftovers and the old service are removed first", () => {
    const { replacementTrigger, deleteBeforeReplace, beforeCreate } = plain.get("Service probe");
    assert.equal(replacementTrigger, SWARM_ID);
    assert.equal(deleteBeforeReplace, true);
    assert.deepEqual(beforeCreate, ["remove-leftover-service-probe"]);
  });

  it("has the labels of stack and folder, also on its tasks' containers", () => {
    assert.deepEqual(inputsOf(plain).labels, labels(owner));
    assert.deepEqual(plain.container("probe").labels, labels(owner));
  });

  it("is resolved by DNS only, on the stack's overlay network, and publishes no port", () => {
    const { endpointSpec, taskSpec } = inputsOf(plain);
    assert.deepEqual(endpointSpec, { mode: "dnsrr", ports: [] });
    assert.deepEqual(taskSpec.networksAdvanceds, [{ name: "bench-id" }]);
  });

  it("publishes a configured port on its own node only", async () => {
    const program = await declareService(() => ({ ports: [{ published: 19092, target: 9095 }] }));
    assert.deepEqual(inputsOf(program).endpointSpec, {
      mode: "dnsrr",
      ports: [{ publishedPort: 19092, targetPort: 9095, publishMode: "host" }],
    });
  });

  it("stops the old task before the new one starts, because both use the same volume", () => {
    assert.deepEqual(inputsOf(plain).updateConfig, {
      order: "stop-first",
      parallelism: 1,
      failureAction: "pause",
    });
  });

  it("ignores changes of the platforms, which the client reads from the image", () => {
    assert.deepEqual(plain.get("Service probe").ignoreChanges, ["taskSpec.placement.platforms"]);
  });
});

describe("a service pinned to a node", () => {
  it("has one task, on that node", () => {
    const { mode, taskSpec } = inputsOf(plain);
    assert.deepEqual(mode, { replicated: { replicas: 1 } });
    assert.deepEqual(taskSpec.placement, { constraints: ["node.hostname==node2"] });
  });

  it("waits for convergence with a delay of at least five seconds, which the provider requires", () => {
    assert.deepEqual(inputsOf(plain).convergeConfig, { delay: "5s", timeout: "3m" });
  });

  it("does not wait for convergence if it has its own probe", async () => {
    const program = await declareService(() => ({ converge: false }));
    assert.equal("convergeConfig" in inputsOf(program), false);
  });
});

describe("a service on every node", () => {
  it("is global, has no constraint, and does not wait for convergence", async () => {
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

  it("are integers for any fraction of a CPU", async () => {
    assert.deepEqual((await resources({ cpus: 0.1 + 0.2 })).resources, {
      limits: { nanoCpus: 300_000_000, memoryBytes: 0 },
    });
  });

  it("are zero if not set, because the provider keeps the old value of an omitted limit", async () => {
    assert.deepEqual((await resources({ memoryMiB: 64 })).resources, {
      limits: { nanoCpus: 0, memoryBytes: 67_108_864 },
    });
    assert.deepEqual((await resources({})).resources, { limits: { nanoCpus: 0, memoryBytes: 0 } });
  });
});

describe("a service's task", () => {
  it("gets secrets and configs as files at the configured paths", async () => {
    const program = await declareService((deployment, parent) => ({
      files: [
        { path: "/run/secrets/key", source: secretFile("probe-key", "hush", deployment, parent) },
        { path: "/etc/probe.conf", source: configFile("probe-conf", "loud", deployment, parent) },
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

  it("has no health check, and switches off one that an earlier version or the image has", () => {
    const { healthcheck } = plain.container("probe") as { healthcheck: { tests: string[] } };
    assert.deepEqual(healthcheck.tests, ["NONE"]);
  });

  it("keeps the image's user and arguments by default", () => {
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

  it("can write to mounts unless they are read-only", async () => {
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
    program = await declareOn((deployment) => {
      const part = new pulumi.ComponentResource("test:index:Part", "part");
      secretFile("key", "hush – ü", deployment, part);
      configFile("conf", "loud – ü", deployment, part);
    });
  });

  it("is encrypted in Pulumi's state if it is a secret, even if its text was not marked as one", () => {
    assert.deepEqual(program.get("Secret key").secrets, ["data"]);
    assert.doesNotMatch(program.get("Secret key").open, /hush|aHVza/);
  });

  it("contains the given text, including non-ASCII characters", () => {
    assert.equal(fileText(program.get("Secret key")), "hush – ü");
    assert.equal(fileText(program.get("ServiceConfig conf")), "loud – ü");
  });

  for (const name of ["Secret key", "ServiceConfig conf"]) {
    it(`(${name.split(" ")[0]}) has a generated name and is created before the old one is deleted, because a task still uses that`, () => {
      const { inputs, deleteBeforeReplace, replacementTrigger, provider } = program.get(name);
      assert.equal(inputs.name, undefined);
      assert.equal(deleteBeforeReplace, false);
      assert.deepEqual([replacementTrigger, provider], [SWARM_ID, "Provider swarm-manager"]);
    });
  }
});

describe("the node of a service that stores data", () => {
  const nodes = (...roles: string[]) =>
    roles.map((role, index) => ({ name: `node${index + 1}`, role })) as unknown as Deployment["nodes"];

  it("is the first node of its role", () => {
    assert.equal(homeOf("broker", nodes("monitor", "agent", "broker", "broker")).name, "node3");
  });

  it("is the manager if no node has the role", () => {
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

  it("changes environment, arguments and mounts of the declared service", async () => {
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

  it("may return new settings", async () => {
    const program = await withTransform((task) => ({ ...task, environment: {}, stopGraceSec: 99 }));
    assert.deepEqual(program.container("probe").env, {});
    assert.equal(program.container("probe").stopGracePeriod, "99s");
  });

  it("does not modify the component's own settings", async () => {
    const before = structuredClone(args);
    await withTransform((task) => {
      task.environment.LEVEL = "debug";
      task.arguments.push("--fast");
      const [mount] = task.mounts;
      if (mount) mount.target = "/elsewhere";
    });
    assert.deepEqual(args, before);
  });

  it("receives defaults for settings that the component omits", async () => {
    await declareService(() => ({
      transform: ({ arguments: words, environment, mounts, files, ports, networks, stopGraceSec }) => {
        assert.deepEqual([words, environment, mounts, files, ports], [[], {}, [], [], []]);
        assert.deepEqual([networks.length, stopGraceSec], [1, 10]);
      },
    }));
  });

  it("changes the digest with which jobs detect changed settings", async () => {
    const digest = async (transform?: Transform) => {
      let settings: pulumi.Output<string> | undefined;
      await declareOn((deployment) => {
        const part = new pulumi.ComponentResource("test:index:Part", "part");
        const image = deployment.images.ref("kafka");
        const declared = service(
          "probe",
          { deployment, name: "probe", image, on: deployment.nodes[0], limits: {}, ...args, transform },
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
