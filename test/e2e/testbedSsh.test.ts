// Machines that a scenario lists, from bare ones to the destroy, with all services of the stack.
import assert from "node:assert/strict";
import { it } from "node:test";
import { isInstalled } from "../support/installed.ts";
import { describeTestbed, sshSource } from "../support/testbedClaims.ts";

const MONITORING = ["influxdb", "telegraf", ...(isInstalled("grafana") ? ["grafana"] : [])];
const WHOLE_STACK = {
  ...Object.fromEntries(MONITORING.map((service) => [`${service}.enabled`, "true"])),
  "benchmark.network.enabled": "true",
  "benchmark.network.packets": "20",
  "clockSync.kind": "chrony",
};

describeTestbed("ssh", () => sshSource("stack"), {
  config: WHOLE_STACK,
  whileUp: ({ project, hostnames, measured }) => {
    it("runs every service of the stack, and reads all metrics of a node", async () => {
      const services = await project().on("node1", "docker service ls --format '{{.Name}} {{.Replicas}}'");
      const names = services
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]);
      for (const name of ["broker-1", ...MONITORING, "producers", "consumers"]) {
        assert.ok(names.includes(name), services);
      }
      assert.doesNotMatch(services, / 0\//);
    });

    it("has measured the network between the machines, by their host names", async () => {
      const { network } = await measured();
      const nodes = await hostnames();
      const ends = new Set((network?.pairs ?? []).flatMap(({ from, to }) => [from, to]));
      assert.deepEqual([...ends].sort(), [...nodes].sort());
    });
  },
});
