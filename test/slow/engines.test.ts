// The Docker engines of later Debian suites: on local nodes, and on bare machines. All other tests use bookworm's (20.10).
import assert from "node:assert/strict";
import { it } from "node:test";
import {
  describeTestbed,
  localSource,
  type OnTestbed,
  type Source,
  sshSource,
} from "../support/testbedClaims.ts";

/** The oldest engine of each suite. That of sid, which has the latest, grows. */
const ENGINES = { trixie: [26, 1], sid: [28, 5] } as const;

/** Settings that differ from what all other tests use. */
const MORE = {
  "telegraf.enabled": "true",
  "influxdb.enabled": "true",
  "swarm.mtu": "1400",
  "swarm.dataPathPort": "8473",
};

for (const [suite, engine] of Object.entries(ENGINES)) {
  describeTestbed(`local-${suite}`, () => localSource(suite), {
    config: MORE,
    whileUp: (on) => claims(on, engine),
  });
  describeTestbed(`ssh-${suite}`, () => sshSource("full", suite), {
    config: MORE,
    whileUp: (on) => claims(on, engine),
  });
}

function claims<S extends Source>(
  { project }: OnTestbed<S>,
  [major, minor]: readonly [number, number],
): void {
  it(`runs on Docker ${major}.${minor} or later`, async () => {
    const version = await project().on("node1", "docker version --format '{{.Server.Version}}'");
    const [own = 0, ownMinor = 0] = version.split(".").map(Number);
    assert.ok(own > major || (own === major && ownMinor >= minor), version);
  });

  it("sends the overlay network's packets with the configured size and port", async () => {
    const inTask = `docker exec $(docker ps --quiet --filter name=broker-1) sh -c "cat /sys/class/net/*/mtu"`;
    assert.ok((await project().on("node2", inTask)).split("\n").includes("1350"));
    const port = await project().on("node1", "docker info --format '{{.Swarm.Cluster.DataPathPort}}'");
    assert.equal(port.trim(), "8473");
  });

  it("has Telegraf read the containers of the engine", async () => {
    const log = await project().on("node1", "docker service logs telegraf 2>&1");
    assert.doesNotMatch(log, /inputs\.docker.*(too old|too new|Error)/);
  });
}
