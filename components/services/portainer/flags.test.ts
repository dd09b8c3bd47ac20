import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AGENT_MOUNTS, agentEnvironment, environmentForm, portainerArguments } from "./flags.ts";

/** Flags of Portainer (api/cli/cli.go), and whether each takes a value. It exits at once on any other flag. */
const KNOWN_FLAGS = new Map([
  ["--bind", true],
  ["--bind-https", true],
  ["--data", true],
  ["--host", true],
  ["--admin-password", true],
  ["--admin-password-file", true],
  ["--tlsskipverify", false],
  ["--http-enabled", false],
  ["--http-disabled", false],
  ["--snapshot-interval", true],
  ["--trusted-origins", true],
  ["--log-level", true],
]);
/** Variables that the agent reads (os/options.go). */
const KNOWN_VARIABLES = ["AGENT_HOST", "AGENT_PORT", "AGENT_CLUSTER_ADDR", "AGENT_SECRET", "LOG_LEVEL"];

function splitFlag(word: string): [string, string | undefined] {
  const [flag = "", value] = word.split("=", 2);
  return [flag, value];
}

const PASSWORD_FILE = "/run/secrets/portainer_admin_password";
const given = portainerArguments({ agent: "agents", passwordFile: PASSWORD_FILE });
const flags = new Map(given.map(splitFlag));

describe("the server's arguments", () => {
  it("are known flags, each with a value if it needs one", () => {
    for (const [flag, value] of flags) {
      assert.equal(KNOWN_FLAGS.get(flag), value !== undefined, flag);
    }
  });

  it("contain nothing that its parser would read as a file of arguments", () => {
    assert.deepEqual(
      portainerArguments({ agent: "agents", passwordFile: "@odd" }).filter((word) => word.startsWith("@")),
      [],
    );
  });

  it("contain the password's file, not the password", () => {
    assert.equal(flags.get("--admin-password-file"), PASSWORD_FILE);
    assert.equal(flags.has("--admin-password"), false);
  });

  it("point to every task of the agents, with a valid scheme", () => {
    assert.equal(flags.get("--host"), "tcp://tasks.agents:9001");
  });

  it("accept the agents' self-signed certificates", () => {
    assert.ok(flags.has("--tlsskipverify"));
  });

  it("keep plain HTTP on", () => {
    assert.ok(flags.has("--http-enabled"));
  });
});

describe("an agent", () => {
  const environment = agentEnvironment({ service: "agents" });

  it("has only known environment variables", () => {
    const unknown = Object.keys(environment).filter((name) => !KNOWN_VARIABLES.includes(name));
    assert.deepEqual(unknown, []);
  });

  it("looks up the others by a name without a port, which it could not resolve", () => {
    assert.equal(environment.AGENT_CLUSTER_ADDR, "tasks.agents");
  });

  it("serves on the port that the server uses", () => {
    assert.equal(new URL(environmentForm("agents").URL ?? "").port, environment.AGENT_PORT);
  });

  it("has no secret in its environment, which the swarm shows", () => {
    assert.equal("AGENT_SECRET" in environment, false);
  });

  it("has the engine's socket and volumes at the expected paths", () => {
    assert.deepEqual(
      AGENT_MOUNTS.map(({ type, source, target }) => [type, source, target]),
      ["/var/run/docker.sock", "/var/lib/docker/volumes"].map((path) => ["bind", path, path]),
    );
  });
});

describe("the environment that is registered afterwards", () => {
  const form = environmentForm("agents");

  it("is the one in the server's arguments", () => {
    assert.equal(form.URL, flags.get("--host"));
  });

  it("is an agent over TLS, without verification or client certificates", () => {
    const { Name, URL: url, ...rest } = form;
    assert.ok(Name && url);
    assert.deepEqual(rest, {
      EndpointCreationType: "2",
      TLS: "true",
      TLSSkipVerify: "true",
      TLSSkipClientVerify: "true",
    });
  });
});
