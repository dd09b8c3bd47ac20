// Machines that a testbed's manifest names, on a network of their own; nothing of us is left on them, Docker included.
import assert from "node:assert/strict";
import { it } from "node:test";
import { describeTestbed, rspecSource } from "../support/testbedClaims.ts";

describeTestbed("rspec", () => rspecSource("full"), {
  whileUp: ({ project, source }) => {
    it("talks over the manifest's link, in the order of its names, and not over that of the logins", async () => {
      const { nodes } = await project().outputs<{ nodes: { hostname: string; address: string }[] }>();
      assert.deepEqual(
        nodes.map(({ hostname, address }) => [hostname, address]),
        source().hosts.all.map(({ name, lanAddress }) => [name, lanAddress]),
      );
    });
  },
});
