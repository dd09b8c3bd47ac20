// Settings, a manifest and an answer as users and testbeds wrote them: each gives the right value, or one clear message.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { readManifests } from "../test/support/readManifests.ts";
import { settingsErrors } from "../test/support/settingsErrors.ts";
import { readG5kJob, readRestItems } from "../testbeds/oar/parse.ts";
import { misfits } from "../testbeds/oar/request.ts";
import { parseSettings, type Settings } from "./settings.ts";

/** The settings in a stack file. */
function settingsIn(yaml: string): Settings {
  const { config } = parse(yaml) as { config: Record<string, unknown> };
  const texts = Object.entries(config).map(([key, value]) => [
    key.replace("swarmbench:", ""),
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseSettings(Object.fromEntries(texts), "s", "ann");
}

function errorsIn(yaml: string): string[] {
  try {
    settingsIn(yaml);
    return [];
  } catch (error) {
    return settingsErrors(error);
  }
}

describe("a stack file that users wrote", () => {
  const refused: [what: string, yaml: string, errors: RegExp[]][] = [
    [
      "with the id of a broker",
      'config: { swarmbench:nodes: "3", swarmbench:kafka: { brokers: 1, config: { broker.id: 0 } } }',
      [/kafka\.config\.broker\.id: swarmbench derives/],
    ],
    [
      "with properties that Kafka 4.0 removed, and one of another product",
      `config:
  swarmbench:kafka:
    config: { zookeeper.connect: "zk1:2181", inter.broker.protocol.version: "3.6", log.message.format.version: "2.8", offsets.commit.required.acks: -1, advertised.port: 9092, confluent.balancer.enable: true }`,
      [
        /zookeeper\.connect: .*KRaft/,
        /inter\.broker\.protocol\.version: /,
        /log\.message\.format\.version: /,
        /offsets\.commit\.required\.acks: /,
        /advertised\.port: .*(listeners|externalPort)/,
        /confluent\.balancer\.enable: .*Confluent/,
      ],
    ],
    [
      "with a wrong topic configuration",
      `config:
  swarmbench:nodes: "3"
  swarmbench:workload: { topicConfig: { retention.mss: 1000, message.format.version: "2.8" } }`,
      [/retention\.mss: .*did you mean retention\.ms\?/, /message\.format\.version: .*4\.0/],
    ],
    [
      "with more replicas in sync than there are",
      'config: { swarmbench:nodes: "3", swarmbench:workload: { topicConfig: { min.insync.replicas: 3 } } }',
      [/3 replicas in sync are needed.*lower it/],
    ],
    [
      "with options of an older JVM",
      "config:\n  swarmbench:kafka: { jvmOptions: [-XX:+UseParNewGC, -XX:+UseConcMarkSweepGC, -Xms6g, -Xmx6g] }",
      [/UseParNewGC/, /UseConcMarkSweepGC/, /-Xms6g: set kafka\.heap/, /-Xmx6g: set kafka\.heap/],
    ],
    [
      "with the workload of another benchmark",
      `config:
  swarmbench:workload: { topics: 10, partitionsPerTopic: 16, messageSize: 100, subscriptionsPerTopic: 1, consumerPerSubscription: 1, producersPerTopic: 1, producerRate: 100000, consumerBacklogSizeGB: 0, testDurationMinutes: 15 }`,
      [/workload: no such setting: .*partitionsPerTopic.*testDurationMinutes/],
    ],
  ];
  for (const [what, yaml, errors] of refused) {
    it(`is refused with one message for each error: ${what}`, () => {
      const found = errorsIn(yaml);
      for (const error of errors) {
        assert.equal(found.filter((each) => error.test(each)).length, 1, `${error}\n${found.join("\n")}`);
      }
      assert.equal(found.length, errors.length, found.join("\n"));
    });
  }

  it("is accepted with the properties that Kafka's own documentation combines", () => {
    const { services } = settingsIn(`config:
  swarmbench:kafka:
    config:
      authorizer.class.name: org.apache.kafka.metadata.authorizer.StandardAuthorizer
      super.users: "User:ANONYMOUS"
      allow.everyone.if.no.acl.found: true
      remote.log.storage.system.enable: true
      rsm.config.dir: /tmp/tier
      config.providers: env
      config.providers.env.class: org.apache.kafka.common.config.provider.EnvVarConfigProvider`);
    assert.equal(services.kafka?.config["super.users"], "User:ANONYMOUS");
    assert.equal(services.kafka?.config["rsm.config.dir"], "/tmp/tier");
  });

  it("is accepted with an alias that has an underscore, and with a line of a .pub file as host key", () => {
    assert.deepEqual(
      errorsIn(
        'config:\n  swarmbench:testbed: { kind: ssh, sshConfig: ~/.ssh/config, hosts: [gpu_server_1] }\n  swarmbench:nodes: "1"',
      ),
      [],
    );
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIm0v2mGRw2d5Ss0S0kSkKcS0Qf3xGzW6oZ0a1b2c3d4 root@a";
    assert.deepEqual(
      errorsIn(
        `config:\n  swarmbench:testbed: { kind: ssh, hosts: [{ address: a, hostKey: "${key}" }] }\n  swarmbench:nodes: "1"`,
      ),
      [],
    );
  });

  it("is accepted with a user of a directory", () => {
    const settings = settingsIn(
      'config:\n  swarmbench:testbed: { kind: ssh, user: ann@corp, hosts: [a] }\n  swarmbench:nodes: "1"',
    );
    assert.match(JSON.stringify(settings.testbed), /"user":"ann@corp"/);
  });

  it("is accepted with the project of OAR jobs", () => {
    const { testbed } = settingsIn(
      'config:\n  swarmbench:testbed: { kind: oar, frontend: nancy, user: ann, walltime: "2 hours", project: lab-x }',
    );
    assert.equal(testbed.kind === "oar" && testbed.sites[0].settings.project, "lab-x");
  });
});

describe("an answer of Grid'5000's API that lists jobs without their nodes", () => {
  it("says nothing about their number, so that none is planned from it", () => {
    const answer = `{"total":1,"offset":0,"items":[{"uid":11,"user_uid":"ann","user":"ann","name":"b-1","state":"running",
"queue":"default","types":["deploy"],"walltime":7200,"started_at":1760000000,"scheduled_at":1760000000,
"message":"FIFO scheduling OK","events":[],"links":[]}],"links":[]}`;
    const jobs = readRestItems(JSON.parse(answer)).map((item) => readG5kJob(item, 1760000100));
    assert.deepEqual(
      jobs.map(({ id, nodes, addresses }) => [id, nodes, addresses]),
      [[11, undefined, []]],
    );
    const wanted = { name: "b-1", nodes: 5, walltimeSec: 7200, types: ["deploy"] };
    assert.deepEqual(
      jobs.flatMap((job) => misfits(job, wanted)),
      [],
    );
  });
});

describe("a manifest of a real testbed", () => {
  it("has no blockstore among its nodes, and the LAN as its network", () => {
    const machine = (index: number, more = "") =>
      `<node client_id="node${index}" exclusive="true"><sliver_type name="raw-pc"/><services><login authentication="ssh-keys" hostname="pc${index}.example.net" port="22" username="ann"/></services><interface client_id="node${index}:if0"><ip address="10.10.1.${index}" type="ipv4"/></interface>${more}</node>`;
    const second = '<interface client_id="node1:if1"><ip address="10.254.254.254" type="ipv4"/></interface>';
    const { nodes, network } = readManifests([
      {
        name: "m.xml",
        text: `<rspec type="manifest">
<node client_id="dsnode"><sliver_type name="emulab-blockstore"/><services><login authentication="ssh-keys" hostname="store.example.net" port="29042" username="ann"/></services><interface client_id="dsnode:if0"><ip address="10.254.254.253" type="ipv4"/></interface></node>
${machine(1, second)}${machine(2)}${machine(3)}
<link client_id="lan"><interface_ref client_id="node1:if0"/><interface_ref client_id="node2:if0"/><interface_ref client_id="node3:if0"/></link>
<link client_id="dslink"><interface_ref client_id="dsnode:if0"/><interface_ref client_id="node1:if1"/></link></rspec>`,
      },
    ]);
    assert.deepEqual(
      [nodes.map(({ name }) => name), network],
      [["node1", "node2", "node3"], { kind: "link", name: "lan" }],
    );
  });
});
