// Machines of a testbed's manifest, on their own network; nothing of the stack is left on them, not even Docker.
import assert from "node:assert/strict";
import { it } from "node:test";
import { describeTestbed, rspecSource } from "../support/testbedClaims.ts";

describeTestbed("rspec", () => rspecSource("full"), {
  whileUp: ({ project, source }) => {
    it("uses the manifest's link between the nodes, sorted by name, and not the network of the logins", async () => {
      const { nodes } = await project().outputs<{ nodes: { hostname: string; address: string }[] }>();
      assert.deepEqual(
        nodes.map(({ hostname, address }) => [hostname, address]),
        source().hosts.all.map(({ name, lanAddress }) => [name, lanAddress]),
      );
    });
  },
});
