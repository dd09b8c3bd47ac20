import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import {
  ALL_IMAGES,
  declareOn,
  fileText,
  imageOf,
  owner,
  type Program,
  SWARM_ID,
  secrecy,
  secretOf,
} from "../../../test/support/deployment.ts";
import { labels } from "../../lib/ownership.ts";
import { agentEnvironment, environmentForm } from "./flags.ts";
import { Portainer } from "./portainer.ts";

const declarePortainer = (rotation = 0) =>
  declareOn(
    (deployment) =>
      new Portainer("portainer", {
        deployment,
        settings: { rotation, limits: { cpus: 0.5 }, required: false },
      }),
    {
      images: ALL_IMAGES,
    },
  );
let program: Program<Portainer>;
before(async () => {
  program = await declarePortainer();
});
const networksOf = (name: string) => {
  const { networksAdvanceds } = program.get(`Service ${name}`).inputs.taskSpec as {
    networksAdvanceds: { name: string }[];
  };
  return networksAdvanceds.map(({ name: network }) => network);
};

describe("Portainer's agent", () => {
  it("is on every node, with access to its engine", () => {
    assert.deepEqual(program.get("Service portainer-agent").inputs.mode, { global: true });
    assert.equal(program.container("portainer-agent").image, imageOf("portainerAgent"));
    const mounts = program.container("portainer-agent").mounts as { target: string }[];
    assert.ok(mounts.some(({ target }) => target === "/var/run/docker.sock"));
  });

  it("is only on its own network, which no other container can join", () => {
    assert.deepEqual(networksOf("portainer-agent"), ["portainer-agents-id"]);
    const { inputs, replacementTrigger, provider } = program.get("Network portainer-agents");
    assert.equal(inputs.driver, "overlay");
    assert.equal("attachable" in inputs, false);
    assert.deepEqual(inputs.labels, labels(owner));
    assert.deepEqual([replacementTrigger, provider], [SWARM_ID, "Provider swarm-manager"]);
  });

  it("finds the others by the name of its service", () => {
    const { SWARMBENCH_SERVER_DATA: _, ...environment } = program.container("portainer-agent").env as Record<
      string,
      string
    >;
    assert.deepEqual(
      environment,
      agentEnvironment({ service: String(program.get("Service portainer-agent").inputs.name) }),
    );
  });

  it("restarts with a new volume of the server, whose key it accepted", () => {
    const { SWARMBENCH_SERVER_DATA: data } = program.container("portainer-agent").env as Record<
      string,
      string
    >;
    assert.equal(data, "portainer-volume-node1-printed node1-ready");
    assert.ok(program.get("Service portainer-agent").dependencies.includes("Command portainer-volume-node1"));
  });
});

describe("Portainer's server", () => {
  it("is on the monitor node, with its data on a volume", () => {
    assert.equal(program.container("portainer").image, imageOf("portainer"));
    assert.equal(program.result.node.name, "node1");
    const [mount] = program.container("portainer").mounts as Record<string, unknown>[];
    assert.deepEqual([mount?.source, mount?.target], ["portainer-volume-node1-printed", "/data"]);
  });

  it("is on the stack's network and on the agents' network, and publishes no port", () => {
    assert.deepEqual(networksOf("portainer"), ["bench-id", "portainer-agents-id"]);
    assert.deepEqual(program.get("Service portainer").inputs.endpointSpec, { mode: "dnsrr", ports: [] });
  });

  it("starts after the agents: it registers the swarm when it first starts", () => {
    assert.ok(program.get("Service portainer").dependencies.includes("Service portainer-agent"));
  });

  it("reads its password from a mounted secret file", () => {
    const { args, secrets } = program.container("portainer") as {
      args: string[];
      secrets: Record<string, string>[];
    };
    const [{ fileName, secretId } = {}] = secrets;
    assert.ok(args.includes(`--admin-password-file=${fileName}`), args.join(" "));
    assert.equal(secretId, "portainer-admin-password-id");
    assert.equal(
      fileText(program.get("Secret portainer-admin-password")),
      secretOf("portainer-password", "current"),
    );
  });

  it("gets the agents registered by a job, which gets the passwords as secrets", () => {
    assert.deepEqual(program.jobInput("portainer-provision"), {
      url: "http://portainer:9000",
      user: "admin",
      password: {
        current: secretOf("portainer-password", "current"),
        previous: secretOf("portainer-password", "previous"),
      },
      environment: environmentForm("portainer_agent"),
    });
    const { secrets, dependencies } = program.get("Command portainer-provision");
    assert.ok(secrets.includes("stdin") && dependencies.includes("Service portainer"));
  });
});

describe("Portainer", () => {
  for (const name of ["portainer", "portainer-agent"]) {
    it(`(${name}) has no health check`, () => {
      assert.deepEqual((program.container(name).healthcheck as { tests: string[] }).tests, ["NONE"]);
    });

    it(`(${name}) has the configured limits`, () => {
      const { resources } = program.get(`Service ${name}`).inputs.taskSpec as { resources: unknown };
      assert.deepEqual(resources, { limits: { nanoCpus: 500_000_000, memoryBytes: 0 } });
    });
  }

  it("exposes no secret in any resource", async () => {
    assert.deepEqual(await secrecy({ password: program.result.password }), { password: true });
    assert.deepEqual(program.leaks, []);
  });
});
