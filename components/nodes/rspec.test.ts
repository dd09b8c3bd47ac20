import assert from "node:assert/strict";
import * as path from "node:path";
import { describe, it } from "node:test";
import { parseSettings } from "../../config/settings.ts";
import type { RspecSettings } from "../../config/testbed/rspec.ts";
import { declare } from "../../test/support/mocks.ts";
import { rspecHosts } from "./rspec.ts";

const fixture = (name: string) => path.join(import.meta.dirname, "../../test/fixtures/rspec", name);

async function hostsOf(manifest: string, count: number, more: object = {}) {
  const testbed = { kind: "rspec", manifests: [fixture(manifest)], ...more };
  const settings = parseSettings({ testbed: JSON.stringify(testbed), nodes: `${count}` }, "x", "ann");
  const { result } = await declare(() => rspecHosts(settings.testbed as RspecSettings, settings.nodes));
  return (await result).hosts.map(({ node, address, dataAddress }) => [node.name, address, dataAddress]);
}

describe("the hosts of a manifest", () => {
  it("are its machines on the data network: a blockstore and a switch are not among them", async () => {
    assert.deepEqual(await hostsOf("blockstore.xml", 3), [
      ["node1", "pc1.emulab.net", "10.10.1.1"],
      ["node2", "pc2.emulab.net", "10.10.1.2"],
      ["node3", "pc3.emulab.net", "10.10.1.3"],
    ]);
  });

  it("are the chosen machines, in their order", async () => {
    assert.deepEqual(await hostsOf("blockstore.xml", 2, { machines: ["node3", "node1"] }), [
      ["node1", "pc3.emulab.net", "10.10.1.3"],
      ["node2", "pc1.emulab.net", "10.10.1.1"],
    ]);
  });

  it("have the user of the settings if the manifest has none", async () => {
    assert.deepEqual(await hostsOf("version2.xml", 1, { user: "ann" }), [
      ["node1", "pc1.emulab.net", undefined],
    ]);
  });

  it("are refused with all reasons if there are too few", async () => {
    await assert.rejects(
      hostsOf("blockstore.xml", 4),
      /manifests have 3 errors; nothing was changed:[\s\S]*datastore: cannot run[\s\S]*3 usable nodes, but 4 are needed/,
    );
  });
});
