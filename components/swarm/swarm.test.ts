import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { parseSettings } from "../../config/settings.ts";
import type { LocalSettings } from "../../config/testbed/local.ts";
import { sshOptions } from "../../lib/ssh.ts";
import { type Declared, declare, outputValue } from "../../test/support/mocks.ts";
import type { Installation } from "../lib/installation.ts";
import { LocalTestbed } from "../nodes/local/local.ts";
import type { DockerState } from "../nodes/local/localState.ts";
import { Images } from "./images.ts";
import { Registry } from "./registry.ts";
import { Swarm } from "./swarm.ts";
import type { SwarmState } from "./swarmState.ts";

const TOKEN = "SWMTKN-secret";
const directory = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
mkdirSync(path.join(directory, "ssh"));
after(() => rmSync(directory, { recursive: true }));

const stored = (name: string) => ({
  digest: `sha256:${name}`,
  repository: `swarmbench/${name}`,
  tree: `/cache/images/${name}`,
});
const installation: Installation = {
  source: "built",
  engineHost: "unix:///run/docker.sock",
  testbedImages: {
    node: { tag: "node:1", id: "sha256:node" },
    registry: { tag: "registry:1", id: "sha256:registry" },
  },
  images: {
    kafka: stored("kafka"),
    influxdb: stored("influxdb"),
    telegraf: stored("telegraf"),
    grafana: stored("grafana"),
    bench: stored("bench"),
    toxiproxy: stored("toxiproxy"),
  },
  leftOut: {},
  withoutPages: [],
  directory,
};
const settings = parseSettings(
  {
    nodes: "3",
    testbed: JSON.stringify({
      kind: "local",
      subnet: "10.9.8.0/24",
      sshPortBase: 22000,
      memory: "1 GiB",
      perNode: { node2: { cpus: 1, memory: "2 GiB", network: { rate: "100 Mbit/s", loss: 0.01 } } },
    }),
  },
  "local",
  "ann",
);
const { prefix } = settings;
const owner = { prefix, directory: "/home/ann/bench" };
const NODES = ["node1", "node2", "node3"];
const WORKERS = ["node2", "node3"];

interface World {
  docker: DockerState;
  swarm: SwarmState;
  unreachable?: string[];
}
const nothing: World = {
  docker: { containers: [], networks: [], volumes: [] },
  swarm: { reports: new Map() },
};

/** A fake environment in which everything is healthy, except for the given nodes. */
function healthy(
  except: { stopped?: string; removed?: string; unreachable?: string; volumeOf?: string } = {},
): World {
  const labels = { "swarmbench.stack": owner.prefix, "swarmbench.owner": owner.directory };
  const answering = settings.nodes.filter(
    ({ name }) => name !== except.stopped && name !== except.unreachable,
  );
  return {
    docker: {
      containers: settings.nodes.map(({ name }) => ({
        id: name,
        name: `${prefix}-${name}`,
        labels,
        running: name !== except.stopped,
      })),
      networks: [{ name: prefix, labels, subnets: [(settings.testbed as LocalSettings).subnet] }],
      volumes: settings.nodes
        .filter(({ name }) => name !== except.volumeOf)
        .map(({ name }) => ({ name: `${prefix}-${name}`, labels })),
    },
    swarm: {
      reports: new Map(answering.map(({ name }) => [name, { nodeId: `${name}-id`, state: "active" }])),
      roster: answering
        .filter(({ name }) => name !== except.removed)
        .map(({ name, role }) => ({
          id: `${name}-id`,
          hostname: name,
          availability: "active",
          status: "ready",
          role,
        })),
    },
    unreachable: except.unreachable ? [`${prefix}-${except.unreachable}`] : [],
  };
}

function declareIn(
  { docker, swarm: state, unreachable = [] }: World,
  own: Partial<typeof settings.swarm> = {},
) {
  const program = () => {
    const testbed = new LocalTestbed("testbed", {
      ...(settings.testbed as LocalSettings),
      prefix,
      installation,
      owner,
      state: docker,
      unreachable: new Set(unreachable),
    });
    const inTestbed = { deletedWith: testbed.lifetime };
    const swarm = new Swarm(
      "swarm",
      {
        nodes: testbed.nodes,
        lifetime: testbed.lifetime,
        settings: { ...settings.swarm, ...own },
        owner,
        state,
      },
      inTestbed,
    );
    const registry = new Registry(
      "registry",
      {
        swarm,
        owner,
        port: 5000,
        image: installation.testbedImages.registry,
        engineHost: installation.engineHost,
      },
      inTestbed,
    );
    const images = new Images("images", { swarm, registry, images: installation.images }, inTestbed);
    return { testbed, swarm, registry, images };
  };
  return declare(program, (type, name) => {
    if (!type.endsWith(":Command")) return {};
    return { stdout: name.endsWith("-invite") ? `${TOKEN}\n` : `${name}-printed\n` };
  });
}

type Program = Awaited<ReturnType<typeof declareIn>>;
let fresh: Program;
before(async () => {
  fresh = await declareIn(nothing);
});
function get(name: string, { resources }: Program = fresh): Declared {
  return resources.get(name) ?? assert.fail(`${name} is not among ${[...resources.keys()].join(", ")}`);
}
const all = (kind: RegExp) => [...fresh.resources.values()].filter((resource) => kind.test(resource.kind));
const DOCKER_KINDS = /^(Container|Network|Volume)$/;

/** The results of a function for some resources, by `Kind name`. */
function each<T>(resources: Declared[], what: (resource: Declared) => T): Record<string, T> {
  return Object.fromEntries(
    resources.map((resource) => [`${resource.kind} ${resource.name}`, what(resource)]),
  );
}
/** The resources that an output waits for, as `Kind name`. */
async function dependenciesOf(output: pulumi.Output<unknown>): Promise<string[]> {
  const { allResources } = output as unknown as { allResources(): Promise<Set<pulumi.Resource>> }; // not in its types
  const waited = [...(await allResources.call(output))].map(async (resource) => {
    const [, , type = "", name = ""] = (await outputValue(resource.urn)).split("::");
    return `${type.split(":").at(-1)} ${name}`;
  });
  return Promise.all(waited);
}
function labelsOf({ inputs }: Declared): Record<string, string> {
  const list = inputs.labels as { label: string; value: string }[];
  return Object.fromEntries(list.map(({ label, value }) => [label, value]));
}

describe("three nodes are declared as", () => {
  it("exactly these resources, each a child of its component", () => {
    const below = (parent: string | undefined) =>
      [...fresh.resources].filter(([, resource]) => resource.parent === parent).map(([name]) => name);
    assert.deepEqual(below(undefined).sort(), [
      "Images images",
      "Local testbed",
      "Registry registry",
      "Swarm swarm",
    ]);
    assert.deepEqual(
      below("Local testbed").sort(),
      [
        "Command testbed-lifetime",
        "Network testbed-network",
        "Provider testbed-engine",
        ...NODES.flatMap((node) => [
          `Command ${node}-ready`,
          `Command ${node}-link`,
          `Container ${node}-machine`,
          `Volume ${node}-engine`,
        ]),
      ].sort(),
    );
    assert.deepEqual(
      below("Swarm swarm").sort(),
      [
        "Command node1-admit",
        "Command node1-init",
        "Network bench",
        "Provider swarm-manager",
        ...WORKERS.flatMap((node) =>
          ["invite", "join", "leave", "admit"].map((step) => `Command ${node}-${step}`),
        ),
      ].sort(),
    );
    assert.deepEqual(below("Registry registry").sort(), [
      "Command registry-image",
      "Container registry",
      "Volume registry-data",
    ]);
    assert.deepEqual(below("Images images"), ["Command images-sent"]);
    assert.equal(fresh.resources.size, 4 + 15 + 12 + 3 + 1);
  });

  it("components that store no inputs in the state and register their outputs", () => {
    assert.deepEqual(
      each(all(/^(Local|Swarm|Registry|Images)$/), ({ inputs, completed }) => [inputs, completed]),
      {
        "Local testbed": [{}, true],
        "Swarm swarm": [{}, true],
        "Registry registry": [{}, true],
        "Images images": [{}, true],
      },
    );
  });
});

describe("everything in Docker", () => {
  it("has an explicit provider: this machine's for the testbed, the manager's for the rest", () => {
    const onMachine = each(all(DOCKER_KINDS), ({ provider }) => provider);
    assert.equal(Object.keys(onMachine).length, 10);
    for (const [name, provider] of Object.entries(onMachine)) {
      const expected = /testbed|node\d/.test(name) ? "Provider testbed-engine" : "Provider swarm-manager";
      assert.equal(provider, expected, name);
    }
  });

  it("has the labels of stack and folder", () => {
    for (const resource of all(DOCKER_KINDS)) {
      const { "swarmbench.stack": stack, "swarmbench.owner": folder } = labelsOf(resource);
      assert.deepEqual([stack, folder], [owner.prefix, owner.directory], resource.name);
    }
  });

  it("is deleted with its machine or the testbed, not one by one", () => {
    const lifetimes = each([...fresh.resources.values()], ({ deletedWith }) => deletedWith);
    const roots = ["Local testbed", "Provider testbed-engine", "Command testbed-lifetime"];
    for (const [name, lifetime] of Object.entries(lifetimes)) {
      const worker = /(node[23])-(ready|link|join)/.exec(name)?.[1];
      const onMachine = !/^(Container|Volume) node|testbed|-leave$|^(Swarm|Registry|Images) /.test(name);
      const machine = onMachine ? `Container ${worker ?? "node1"}-machine` : "Command testbed-lifetime";
      assert.equal(lifetime, roots.includes(name) ? undefined : machine, name);
    }
  });

  it("with a fixed name is deleted before its replacement is created, as is a leftover of that name", () => {
    assert.deepEqual(
      each(all(/^(Container|Network)$/), ({ deleteBeforeReplace, beforeCreate }) => [
        deleteBeforeReplace,
        ...beforeCreate,
      ]),
      {
        "Network testbed-network": [true, `remove-leftover-network-${prefix}`],
        "Network bench": [true, "remove-leftover-network-bench"],
        ...Object.fromEntries(
          NODES.map((node) => [
            `Container ${node}-machine`,
            [true, `remove-leftover-container-${prefix}-${node}`],
          ]),
        ),
        "Container registry": [true, "remove-leftover-container-registry"],
      },
    );
  });

  it("inside a swarm is replaced with it, and objects of the machine are not", () => {
    assert.deepEqual(
      each(all(DOCKER_KINDS), ({ replacementTrigger }) => replacementTrigger ?? null),
      {
        ...each(all(DOCKER_KINDS), () => null),
        "Network bench": "node1-init-printed",
        "Container registry": "node1-init-printed",
        "Volume registry-data": "node1-init-printed",
      },
    );
  });
});

describe("a node's container", () => {
  it("has the node's name and address, and its SSH port on loopback only", () => {
    const answering = NODES.map((node) => {
      const { name, hostname, networksAdvanced, ports } = get(`Container ${node}-machine`).inputs;
      return { name, hostname, networksAdvanced, ports };
    });
    assert.deepEqual(
      answering,
      NODES.map((node, index) => ({
        name: `${prefix}-${node}`,
        hostname: node,
        networksAdvanced: [{ name: prefix, ipv4Address: `10.9.8.${10 + index}` }],
        ports: [{ internal: 22, external: 22000 + index, ip: "127.0.0.1", protocol: "tcp" }],
      })),
    );
  });

  it("has the configured limits, and no additional swap", () => {
    const limits = NODES.map((node) => {
      const { cpus, memory, memorySwap } = get(`Container ${node}-machine`).inputs;
      return [cpus, memory, memorySwap];
    });
    assert.deepEqual(limits, [
      [undefined, 1024, 1024],
      ["1.0", 2048, 2048],
      [undefined, 1024, 1024],
    ]);
  });

  it("runs the installation's image, by id", () => {
    assert.deepEqual(
      NODES.map((node) => get(`Container ${node}-machine`).inputs.image),
      ["sha256:node", "sha256:node", "sha256:node"],
    );
  });

  it("is not privileged, and mounts no files of the machine except its public keys, read-only", () => {
    const { inputs } = get("Container node2-machine");
    assert.ok(!inputs.privileged);
    assert.deepEqual(inputs.mounts, [
      { type: "volume", source: `${prefix}-node2`, target: "/var/lib/docker" },
      {
        type: "bind",
        source: path.join(directory, "ssh/node"),
        target: "/etc/swarmbench/ssh",
        readOnly: true,
      },
    ]);
  });

  it("is created after its volume and the network", () => {
    assert.deepEqual(get("Container node3-machine").dependencies.sort(), [
      "Network testbed-network",
      "Volume node3-engine",
    ]);
  });
});

describe("the testbed's network", () => {
  it("has the configured subnet, with the gateway at its first address", () => {
    assert.deepEqual(get("Network testbed-network").inputs.ipamConfigs, [
      { subnet: "10.9.8.0/24", gateway: "10.9.8.1" },
    ]);
  });
});

describe("a command on a node", () => {
  const overSsh = ({ inputs }: { inputs: Record<string, unknown> }) => "stdin" in inputs;
  const onNodes = () => all(/^Command$/).filter(overSsh);

  it("connects to the node's own port with the installation's ssh configuration", () => {
    const endpoints = each(onNodes(), ({ inputs }) => {
      const words = /ssh -E "\$log" (.*) "\$REMOTE"/.exec(String(inputs.create))?.[1] ?? "";
      return words.replaceAll("'", "");
    });
    const expected = (name: string) => {
      const [, worker = 1] = /^node([23])-(?:ready|link|join)$/.exec(name) ?? [];
      const config = path.join(installation.directory, "ssh/config");
      return `-F ${config} -o BatchMode=yes -o ConnectTimeout=10 -o ControlPath=none -p ${22000 + Number(worker) - 1} root@127.0.0.1`;
    };
    assert.deepEqual(
      endpoints,
      each(onNodes(), ({ name }) => expected(name)),
    );
    assert.equal(onNodes().length, 3 + 3 + 2 + 2 * 3);
  });

  it("gets its script only through standard input, and logs nothing", () => {
    for (const { name, inputs } of onNodes()) {
      const { stdin, create, delete: atDelete, update, ...rest } = inputs;
      const quiet = { logging: "none", addPreviousOutputInEnv: false, interpreter: ["/bin/sh", "-c"] };
      assert.deepEqual(rest, quiet, name);
      assert.match(String(create), /^REMOTE='sh -s'$/m, name);
      assert.match(String(update), /^REMOTE='sh -s -- [\w.:-]+'$/m, name);
      assert.match(String(stdin), /^set -eu$/m, name);
      assert.match(String(atDelete ?? "REMOTE='sh -c "), /^REMOTE='sh -c /m, name);
    }
  });

  it("on this machine logs nothing either", () => {
    const local = all(/^Command$/).filter((command) => !overSsh(command));
    assert.deepEqual(
      each(local, ({ inputs }) => inputs.logging),
      {
        "Command testbed-lifetime": "none",
        "Command registry-image": "none",
        "Command images-sent": "none",
        "Command node2-leave": "none",
        "Command node3-leave": "none",
      },
    );
  });
});

describe("a secret", () => {
  it("is the join token in the script of the join", () => {
    for (const node of WORKERS) {
      const { inputs, secrets } = get(`Command ${node}-join`);
      assert.ok(String(inputs.stdin).includes(TOKEN), node);
      assert.ok(secrets.includes("stdin"), node);
    }
  });

  it("does not appear in values that are not marked as secret", () => {
    for (const [name, { open }] of fresh.resources) {
      assert.ok(!open.includes(TOKEN), name);
    }
  });

  it("is not among the program's outputs", async () => {
    const { swarm, registry, testbed, images } = fresh.result;
    const given: pulumi.Output<unknown>[] = [
      swarm.id,
      swarm.members,
      swarm.network.name,
      registry.address,
      images.ref("kafka"),
      testbed.nodes[0].ready,
    ];
    assert.deepEqual(
      await Promise.all(given.map((output) => pulumi.isSecret(output))),
      given.map(() => false),
    );
  });
});

describe("the link of a node", () => {
  const parameters = (node: string) => {
    const text = String(get(`Command ${node}-link`).inputs.stdin).replaceAll("'\\''", "'");
    return Object.fromEntries(
      ["MACHINE", "NODE", "ADDRESS", "RATE", "LOSS_PERCENT", "DELAY_US"].map((name) => [
        name,
        new RegExp(`\\b${name}='([^']*)'`).exec(text)?.[1],
      ]),
    );
  };

  it("gets the configured shape on the interface of its address, after the node answers", () => {
    assert.deepEqual(get("Command node2-link").dependencies, ["Command node2-ready"]);
    assert.deepEqual(parameters("node2"), {
      MACHINE: "node2-ready-printed", // changes with the machine, so that a new one is shaped again
      NODE: "node2",
      ADDRESS: "10.9.8.11",
      RATE: "100000000",
      LOSS_PERCENT: "1",
      DELAY_US: "0",
    });
  });

  it("loses its shape if none is configured, before anything uses it", () => {
    const { RATE, LOSS_PERCENT, DELAY_US } = parameters("node3");
    assert.deepEqual([RATE, LOSS_PERCENT, DELAY_US], ["0", "0", "0"]);
  });

  it("runs nothing on a machine that is deleted", () => {
    assert.equal("delete" in get("Command node2-link").inputs, false);
  });
});

describe("the swarm", () => {
  const after = (step: string) =>
    get(`Command ${step}`).dependencies.map((name) => name.replace("Command ", ""));

  it("is initialized on the manager, after that answers", () => {
    assert.deepEqual(after("node1-init"), ["node1-link"]);
    assert.match(String(get("Command node1-init").inputs.stdin), /^ADDRESS='?10\.9\.8\.10'?$/m);
  });

  for (const node of WORKERS) {
    it(`adds ${node} in three steps: invite, join, admit`, () => {
      assert.deepEqual(after(`${node}-invite`), ["node1-init"]);
      assert.deepEqual(after(`${node}-join`).sort(), ["node1-init", `${node}-invite`, `${node}-link`]);
      assert.deepEqual(
        after(`${node}-admit`).sort(),
        ["node1-link", `${node}-join`, `${node}-leave`, `${node}-link`].sort(),
      );
    });

    it(`removes ${node} in three steps: drain, leave, remove its entry`, () => {
      const atDelete = ["admit", "leave", "invite"].map((step) =>
        String(get(`Command ${node}-${step}`).inputs.delete),
      );
      assert.match(atDelete[0] ?? "", /--availability drain/);
      assert.match(atDelete[1] ?? "", /docker swarm leave/);
      assert.match(atDelete[2] ?? "", /docker node rm/);
    });
  }

  it("admits the manager itself, and never drains it", () => {
    const { inputs } = get("Command node1-admit");
    assert.match(String(inputs.stdin), /^ID='?self'?$/m);
    assert.equal("delete" in inputs, false);
  });

  it("admits a worker with the id that it printed and its role", () => {
    assert.match(
      String(get("Command node3-admit").inputs.stdin),
      /^ID='?node3-join-printed'?$[\s\S]*--label-add 'role=agent' /m,
    );
  });

  it("has the ids of all nodes as members, after they are admitted", async () => {
    assert.deepEqual(
      await outputValue(fresh.result.swarm.members),
      NODES.map((node) => `${node}-admit-printed`),
    );
  });

  it("is reached over the manager's SSH, and not before it exists", () => {
    const { inputs, dependencies } = get("Provider swarm-manager");
    assert.equal(inputs.host, "ssh://root@127.0.0.1:22000");
    assert.deepEqual(JSON.parse(String(inputs.sshOpts)), sshOptions(fresh.result.swarm.manager.ssh));
    assert.deepEqual(dependencies, ["Command node1-init"]);
  });

  it("has an overlay network that containers can attach to", () => {
    const { name, driver, attachable } = get("Network bench").inputs;
    assert.deepEqual([name, driver, attachable], ["bench", "overlay", true]);
  });

  it("tells the overlay network the MTU of the network below, if it is configured", async () => {
    const configured = await declareIn(nothing, { mtu: 1400 });
    assert.equal(get("Network bench").inputs.options, undefined);
    assert.deepEqual(get("Network bench", configured).inputs.options, {
      "com.docker.network.driver.mtu": "1400",
    });
  });
});

describe("the registry", () => {
  it("listens only on the manager's address in the testbed", () => {
    assert.deepEqual(get("Container registry").inputs.ports, [
      { internal: 5000, external: 5000, ip: "10.9.8.10", protocol: "tcp" },
    ]);
  });

  it("runs the image that was copied to the manager", () => {
    assert.equal(get("Container registry").inputs.image, "registry-image-printed");
    assert.match(String(get("Command registry-image").inputs.create), /docker save "\$IMAGE" \| '?ssh'? /);
  });

  it("copies its image again to a replaced manager", () => {
    assert.deepEqual(get("Command registry-image").inputs.environment, {
      SWARMBENCH_MANAGER: "node1-link-printed",
    });
  });

  it("has the address that nodes use in image references", async () => {
    assert.equal(await outputValue(fresh.result.registry.address), "10.9.8.10:5000");
  });
});

describe("the images of the stack's services", () => {
  const sent = () => get("Command images-sent");

  it("are all uploaded to the registry's volume, after it exists, over the manager's SSH", () => {
    const text = String(sent().inputs.create);
    for (const name of ["kafka", "influxdb", "telegraf", "grafana", "bench"]) {
      assert.match(text, new RegExp(`/cache/images/${name}$|/cache/images/${name}\\W`, "m"));
    }
    assert.match(text, /VOLUME=.*registry/);
    assert.match(text, /'ssh' .*'-p' '22000' 'root@127\.0\.0\.1' "\$1"/);
    assert.ok(sent().dependencies.includes("Volume registry-data"));
  });

  it("are uploaded again to a replaced manager, or one with a new swarm", () => {
    assert.deepEqual(sent().inputs.environment, {
      SWARMBENCH_MANAGER: "node1-link-printed node1-init-printed",
    });
  });

  it("are referenced by the registry's address and their digest", async () => {
    assert.equal(
      await outputValue(fresh.result.images.ref("kafka")),
      "10.9.8.10:5000/swarmbench/kafka@sha256:kafka",
    );
  });

  it("are referenced only after they are uploaded and the registry runs", async () => {
    const { images } = fresh.result;
    const resources = await dependenciesOf(images.ref("bench"));
    for (const name of ["Command images-sent", "Container registry"]) assert.ok(resources.includes(name));
  });

  it("cause an error with setup as the hint if they are not installed", () => {
    assert.throws(() => fresh.result.images.ref("portainer"), {
      message: "The image portainer is not installed.",
      hint: "Install it: npm run setup",
    });
  });
});

describe("drift", () => {
  /** The resources that Pulumi replaces or updates because of drift. */
  function replaced({ resources }: Program): string[] {
    const replaceable = /^(Command node\d-(?!ready|link|leave)|Container node|Volume node|Network testbed)/;
    return [...resources]
      .filter(([name, { ignoreChanges }]) => replaceable.test(name) && ignoreChanges.length === 0)
      .map(([name]) => name)
      .sort();
  }

  it("changes nothing if everything is healthy: changes of the trigger inputs are ignored", async () => {
    const program = await declareIn(healthy());
    assert.deepEqual(replaced(program), []);
    assert.deepEqual(get("Container node2-machine", program).ignoreChanges, ["labels"]);
    assert.deepEqual(get("Network testbed-network", program).ignoreChanges, ["labels"]);
    assert.deepEqual(get("Command node2-join", program).ignoreChanges, ["update"]);
    assert.deepEqual(get("Command node2-ready", program).ignoreChanges, ["update"]);
  });

  it("replaces machines and network that do not exist, and no membership that could not be inspected", () => {
    assert.deepEqual(replaced(fresh), [
      ...NODES.map((node) => `Container ${node}-machine`),
      "Network testbed-network",
      ...NODES.map((node) => `Volume ${node}-engine`),
    ]);
  });

  it("replaces only the machine of a node that has stopped", async () => {
    assert.deepEqual(replaced(await declareIn(healthy({ stopped: "node2" }))), ["Container node2-machine"]);
  });

  it("replaces only the machine of a node that does not answer", async () => {
    assert.deepEqual(replaced(await declareIn(healthy({ unreachable: "node3" }))), [
      "Container node3-machine",
    ]);
  });

  it("replaces a machine by a label with the time of the program run", async () => {
    const program = await declareIn(healthy({ stopped: "node2" }));
    const generation = labelsOf(get("Container node2-machine", program))["swarmbench.generation"] ?? "";
    assert.ok(!Number.isNaN(Date.parse(generation)), generation);
  });

  it("replaces the membership of a node that was removed, with the node id to give up", async () => {
    const program = await declareIn(healthy({ removed: "node3" }));
    assert.deepEqual(
      replaced(program),
      ["admit", "invite", "join"].map((step) => `Command node3-${step}`),
    );
    assert.match(
      String(get("Command node3-join", program).inputs.update),
      /^REMOTE='sh -s -- \S+ node3-id'$/m,
    );
  });

  it("replaces a missing volume, because one that Docker creates itself has no labels", async () => {
    const program = await declareIn(healthy({ volumeOf: "node2" }));
    assert.deepEqual(replaced(program), ["Volume node2-engine"]);
  });

  it("keeps the volume of a replaced container", async () => {
    const program = await declareIn(healthy({ stopped: "node2" }));
    assert.deepEqual(get("Volume node2-engine", program).ignoreChanges, ["labels"]);
    assert.equal(get("Volume node2-engine", program).replacementTrigger, undefined);
  });
});
