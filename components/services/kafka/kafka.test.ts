import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { KafkaSettings } from "../../../config/services/index.ts";
import { kafkaTargetSchema } from "../../../contract/target.ts";
import { defined } from "../../../test/support/defined.ts";
import {
  declareOn,
  type FakeDeployment,
  imageOf,
  type Program,
  ROLES,
  secrecy,
} from "../../../test/support/deployment.ts";
import { outputValue } from "../../../test/support/mocks.ts";
import { portOf } from "../../../test/support/overSsh.ts";
import { awaitTasksScript } from "../../lib/awaitTasks.ts";
import { openPortWarning } from "./index.ts";
import { Kafka } from "./kafka.ts";

const settings: KafkaSettings = {
  brokers: 3,
  heapMiB: 1024,
  jvmOptions: [],
  config: {},
  security: "PLAINTEXT",
  externalAccess: "authenticated",
  rotation: 0,
  limits: {},
};
const declareKafka = (own: Partial<KafkaSettings> = {}, deployment: FakeDeployment = {}) =>
  declareOn((on) => new Kafka("kafka", { deployment: on, settings: { ...settings, ...own } }), deployment);

type Kafkas = Program<Kafka>;
const BROKERS = ["broker-1", "broker-2", "broker-3"];
const names = (program: Kafkas, kind: string) => program.all(kind).map(({ name }) => name);
/** The jobs that wait for a member, in the order of the members. */
const settledOf = (program: Kafkas) => names(program, "Command").filter((name) => name.includes("-settled-"));
const volumesOf = (program: Kafkas) =>
  names(program, "Command").filter((name) => /-volume-node\d$/.test(name));
const environment = (program: Kafkas, member: string) =>
  program.container(member).env as Record<string, string>;
const ports = (program: Kafkas, member: string) =>
  (program.get(`Service ${member}`).inputs.endpointSpec as { ports: unknown[] }).ports;
/** The properties that identify a cluster. */
const identity = (program: Kafkas) => ({
  id: environment(program, "broker-1").CLUSTER_ID,
  volumes: volumesOf(program),
  settled: settledOf(program),
});

let three: Kafkas;
before(async () => {
  three = await declareKafka();
});

describe("a cluster of three brokers", () => {
  it("has a service per member, each on its own node", () => {
    const places = three.all("Service").map(({ name, inputs }) => {
      const { placement } = inputs.taskSpec as { placement: { constraints: string[] } };
      return [name, inputs.name, ...placement.constraints];
    });
    assert.deepEqual(places, [
      ["broker-1", "broker-1", "node.hostname==node2"],
      ["broker-2", "broker-2", "node.hostname==node3"],
      ["broker-3", "broker-3", "node.hostname==node4"],
    ]);
  });

  it("runs the testbed's image, and keeps its data on a volume of the broker's own node", () => {
    for (const [index, broker] of BROKERS.entries()) {
      const { image, mounts } = three.container(broker);
      assert.equal(image, imageOf("kafka"));
      const volume = `kafka-${broker}-3-3c-volume-node${index + 2}`;
      assert.deepEqual(mounts, [
        { type: "volume", source: `${volume}-printed`, target: "/var/lib/kafka/data", readOnly: false },
      ]);
      assert.equal(portOf(three.get(`Command ${volume}`)), 22_001 + index);
    }
  });

  it("has one cluster id, in Kafka's format", () => {
    const ids = new Set(BROKERS.map((broker) => environment(three, broker).CLUSTER_ID));
    assert.equal(ids.size, 1);
    assert.match([...ids].join(), /^[\w-]{22}$/);
  });

  it("has no health check, because the quorum needs host names before any member is healthy", () => {
    for (const broker of BROKERS) {
      assert.deepEqual((three.container(broker).healthcheck as { tests: string[] }).tests, ["NONE"]);
      assert.equal("convergeConfig" in three.get(`Service ${broker}`).inputs, false);
    }
  });

  it("gives a broker a minute to hand over its partitions", () => {
    assert.equal(three.container("broker-2").stopGracePeriod, "1m");
  });

  it("publishes no port", () => {
    for (const broker of BROKERS) assert.deepEqual(ports(three, broker), []);
    assert.equal(three.result.external, undefined);
  });

  it("is described to clients on the overlay in the form that the bench reads", () => {
    const target = defined(three.result.target);
    assert.deepEqual(kafkaTargetSchema.parse(target), target);
    assert.deepEqual(target.bootstrap, ["broker-1:9092", "broker-2:9092", "broker-3:9092"]);
    assert.deepEqual(target.security, { protocol: "PLAINTEXT" });
  });

  it("has no secrets or certificates if clients use plain text", async () => {
    assert.deepEqual(names(three, "Secret"), []);
    assert.deepEqual(
      names(three, "Command").filter((name) => /certificate|kafka-ca|password/.test(name)),
      [],
    );
    assert.deepEqual(await secrecy({ target: three.result.target }), { target: false });
  });

  it("is ready once a record went through every advertised broker", async () => {
    const { target, timeoutSec } = three.jobInput("kafka-ready");
    assert.deepEqual(target, defined(three.result.target));
    assert.ok(Number(timeoutSec) > 0);
    assert.equal(await outputValue(three.result.ready), "kafka-ready-printed");
  });

  it("is checked for readiness again when a broker's machine was replaced", () => {
    const { inputs } = three.get("Command kafka-ready");
    assert.match(String(inputs.stdin), /^MARKS='.* node2-ready node3-ready node4-ready'$/m);
  });

  it("is not checked for readiness before all its settings are applied", () => {
    const waited = three.waitsFor("Command kafka-ready");
    const first = [...settledOf(three), "kafka-metadata"].map((name) => `Command ${name}`);
    for (const name of [...first, ...BROKERS.map((broker) => `Service ${broker}`)]) {
      assert.ok(waited.has(name), name);
    }
  });
});

describe("a change of the brokers", () => {
  it("continues with the next broker only once the cluster has settled", () => {
    assert.deepEqual(settledOf(three), [
      "broker-1-settled-3-3c",
      "broker-2-settled-3-3c",
      "broker-3-settled-3-3c",
    ]);
    for (const [earlier, later] of [
      ["broker-1", "broker-2"],
      ["broker-2", "broker-3"],
    ]) {
      assert.ok(three.get(`Command ${earlier}-settled-3-3c`).dependencies.includes(`Service ${earlier}`));
      assert.ok(three.get(`Service ${later}`).dependencies.includes(`Command ${earlier}-settled-3-3c`));
      assert.ok(!three.waitsFor(`Service ${earlier}`).has(`Service ${later}`));
    }
  });

  it("is waited for again after every earlier member that was waited for", () => {
    for (const [earlier, later] of [
      ["broker-1", "broker-2"],
      ["broker-2", "broker-3"],
    ]) {
      const { dependencies } = three.get(`Command ${later}-settled-3-3c`);
      assert.ok(dependencies.includes(`Command ${earlier}-settled-3-3c`), later);
    }
  });

  it("is waited for by inspecting all members, with the name of the changed one", () => {
    const members = BROKERS.map((name) => ({
      name,
      jolokiaUrl: `http://${name}:8778/jolokia`,
      roles: ["broker", "controller"],
    }));
    const { timeoutSec, ...told } = three.jobInput("broker-2-settled-3-3c");
    assert.deepEqual(told, { self: "broker-2", members });
    assert.ok(Number(timeoutSec) > 0);
    assert.deepEqual(three.result.jolokia, members);
  });

  it("is inspected only once a task has the current settings, and never when the broker is created", () => {
    const script = String(three.get("Command broker-2-settled-3-3c").inputs.stdin);
    assert.match(script, /^\[ \$# -gt 0 \] \|\| exit 0/m);
    assert.ok(script.includes(awaitTasksScript("broker-2", 1)));
  });

  it("is waited for whenever the broker's image changes", () => {
    const { inputs } = three.get("Command broker-1-settled-3-3c");
    const [ready, service, image, settingsDigest, ...rest] =
      /^MARKS='(.*)'$/m.exec(String(inputs.stdin))?.[1]?.split(" ") ?? [];
    assert.deepEqual([ready, service, image, rest], ["node1-ready", "broker-1-id", imageOf("kafka"), []]);
    assert.match(settingsDigest ?? "", /^[0-9a-f]{16}$/);
  });

  it("is waited for whenever the brokers' settings change", async () => {
    const marks = async (own: Partial<KafkaSettings>) => {
      const program = await declareKafka(own);
      return settledOf(program).map((name) => program.get(`Command ${name}`).inputs.stdin);
    };
    const before = await marks({});
    for (const own of [
      { heapMiB: 2048 },
      { config: { "num.io.threads": 16 } },
      { limits: { memoryMiB: 2048 } },
    ]) {
      const changed = await marks(own);
      for (const [index, script] of before.entries())
        assert.notEqual(changed[index], script, JSON.stringify(own));
    }
    assert.deepEqual(await marks({}), before);
  });

  it("of only the heap changes the environment of every broker and no volume", async () => {
    const program = await declareKafka({ heapMiB: 2048 });
    for (const broker of BROKERS) {
      const { KAFKA_HEAP_OPTS: heap, ...rest } = environment(program, broker);
      const { KAFKA_HEAP_OPTS: _, ...before } = environment(three, broker);
      assert.equal(heap, "-Xms2048m -Xmx2048m");
      assert.deepEqual(rest, before);
    }
    assert.deepEqual(volumesOf(program), volumesOf(three));
  });
});

describe("another number of brokers", () => {
  const five: FakeDeployment = { roles: [...ROLES, "broker"] };
  for (const brokers of [1, 2, 4]) {
    it(`(${brokers}) is a new cluster: a new id, new volumes, and nothing to wait for`, async () => {
      const other = identity(await declareKafka({ brokers }, five));
      const same = identity(await declareKafka({}, five));
      assert.notEqual(other.id, same.id);
      assert.deepEqual(
        other.volumes.filter((name) => same.volumes.includes(name)),
        [],
      );
      assert.deepEqual(
        other.settled.filter((name) => same.settled.includes(name)),
        [],
      );
    });
  }

  it("is a new cluster, but more nodes and other settings are not", async () => {
    const config = { "num.io.threads": 16 };
    const program = await declareKafka({ config, heapMiB: 2048, rotation: 4 }, five);
    assert.deepEqual(identity(program), identity(three));
  });

  it("above three has dedicated controllers, which publish no port and are no target", async () => {
    const program = await declareKafka({ brokers: 4, externalPort: 19_092 }, five);
    assert.deepEqual(names(program, "Service").sort(), [
      "broker-1",
      "broker-2",
      "broker-3",
      "broker-4",
      "controller-1",
      "controller-2",
      "controller-3",
    ]);
    assert.deepEqual(ports(program, "controller-1"), []);
    assert.deepEqual(
      program.result.target.brokers.map(({ host }) => host),
      ["broker-1", "broker-2", "broker-3", "broker-4"],
    );
  });
});

describe("TLS among the brokers", () => {
  it("creates a new cluster, because brokers of the old one could not use it", async () => {
    const program = identity(await declareKafka({ security: "SSL" }));
    const plain = identity(three);
    assert.notEqual(program.id, plain.id);
    for (const kind of ["volumes", "settled"] as const) {
      assert.equal(program[kind].length, 3);
      assert.ok(!program[kind].some((name) => plain[kind].includes(name)), kind);
    }
  });

  for (const security of ["SASL_PLAINTEXT", "SASL_SSL"] as const) {
    it(`belongs to the same cluster if clients use ${security} instead of SSL`, async () => {
      const program = identity(await declareKafka({ security, rotation: 1 }));
      assert.deepEqual(program, identity(await declareKafka({ security: "SSL" })));
    });
  }
});

describe("a port for clients outside the swarm", () => {
  it("causes a warning if the brokers require no password", () => {
    const externalPort = 19_092;
    for (const security of ["PLAINTEXT", "SSL"] as const) {
      assert.match(
        openPortWarning({ externalPort, security }, "overlay") ?? "",
        /anyone who reaches port 19092/,
      );
      assert.equal(openPortWarning({ security }, "overlay"), undefined);
    }
    assert.equal(openPortWarning({ externalPort, security: "SASL_SSL" }, "overlay"), undefined);
  });

  let program: Kafkas;
  before(async () => {
    program = await declareKafka({ externalPort: 19_092 });
  });

  it("is published on the node, and leads to the listener that advertises it", () => {
    assert.deepEqual(ports(program, "broker-2"), [
      { publishedPort: 19_092, targetPort: 9095, publishMode: "host" },
    ]);
    const { KAFKA_ADVERTISED_LISTENERS: advertised, KAFKA_LISTENERS: bound } = environment(
      program,
      "broker-2",
    );
    assert.match(advertised ?? "", /,EXTERNAL:\/\/10\.9\.8\.12:19092$/);
    assert.match(bound ?? "", /EXTERNAL:\/\/:9095/);
  });

  it("is advertised with the address of each broker's node", () => {
    assert.deepEqual(program.result.external, ["10.9.8.11:19092", "10.9.8.12:19092", "10.9.8.13:19092"]);
  });
});

describe("a cluster on the nodes' own network", () => {
  let program: Kafkas;
  before(async () => {
    program = await declareKafka({ externalPort: 19_092, externalAccess: "anyone" }, { network: "host" });
  });
  const networks = (of: Kafkas, member: string) =>
    (of.get(`Service ${member}`).inputs.taskSpec as { networksAdvanceds: unknown }).networksAdvanceds;

  it("attaches its members to that network alone, by its id, and publishes no port", () => {
    for (const broker of BROKERS) {
      assert.deepEqual(networks(program, broker), [{ id: "host-network-printed" }]);
      assert.deepEqual(ports(program, broker), []);
    }
    assert.deepEqual(networks(three, "broker-1"), [{ id: "bench-id" }]);
  });

  it("is reached by its nodes' addresses", () => {
    assert.deepEqual(program.result.target.bootstrap, ["10.9.8.11:9092", "10.9.8.12:9092", "10.9.8.13:9092"]);
    assert.deepEqual(
      program.result.jolokia.map(({ name, jolokiaUrl }) => [name, jolokiaUrl]),
      BROKERS.map((broker, index) => [broker, `http://10.9.8.1${index + 1}:8778/jolokia`]),
    );
    assert.match(String(program.get("Command kafka-metadata").inputs.stdin), /10\.9\.8\.11:9094/);
    assert.deepEqual(program.result.external, ["10.9.8.11:19092", "10.9.8.12:19092", "10.9.8.13:19092"]);
  });

  it("is another cluster than on the overlay, because members of both could not talk to each other", () => {
    const [host, overlay] = [identity(program), identity(three)];
    assert.notEqual(host.id, overlay.id);
    for (const kind of ["volumes", "settled"] as const) {
      assert.ok(!host[kind].some((name) => overlay[kind].includes(name)), kind);
    }
  });

  it("causes a warning if the brokers require no password", () => {
    for (const security of ["PLAINTEXT", "SSL"] as const) {
      assert.match(openPortWarning({ security }, "host") ?? "", /anyone who reaches the brokers' nodes/);
    }
    assert.equal(openPortWarning({ security: "SASL_PLAINTEXT" }, "host"), undefined);
  });
});
