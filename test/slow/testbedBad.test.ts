// Machines with a fault, among good ones.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type BareHost, BareHosts } from "../support/bareHosts.ts";
import { TestProject } from "../support/project.ts";

describe("machines of which some are unusable", { concurrency: 1 }, () => {
  let hosts: BareHosts;
  let project: TestProject;
  let atFirst: string[];
  const remains = async () => (await Promise.all(hosts.all.map((host) => hosts.remains(host)))).flat();
  const named = (number: number) => hosts.named(`bare-b${number}`);
  before(async () => {
    hosts = await BareHosts.start(5, "bare-b");
    await inForeignSwarm(hosts, named(2));
    await hosts.inside(
      named(3),
      "useradd --create-home guest && cp -r /root/.ssh ~guest/ && chown -R guest: ~guest/.ssh",
    );
    project = await TestProject.create("bad", { namespace: "lab" });
    atFirst = await remains();
  });
  after(async () => {
    try {
      await project?.dispose();
    } finally {
      await hosts?.dispose();
    }
  });

  /** An address on their network that no machine has. */
  const nobody = () => named(1).address.replace(/\d+$/, "250");

  /** node1 and node6 are good. */
  const testbed = (more: Record<string, unknown> = {}) => {
    const { hosts: _, ...common } = hosts.ssh(0);
    const listed = ({ address, hostKey }: BareHost, own = {}) => ({ address, hostKey, ...own });
    return {
      ...common,
      hosts: [
        listed(named(1)),
        listed(named(2)),
        listed(named(3), { user: "guest" }),
        listed(named(4), { hostKey: named(1).hostKey }),
        { address: nobody(), hostKey: named(1).hostKey },
        listed(named(5), { user: "tester" }),
      ],
      ...more,
    };
  };
  const bad = () => [
    `node2 (${named(2).address}): is already in a swarm that this stack did not create`,
    `node3 (${named(3).address}): its user may not use sudo without a password`,
    `node4 (${named(4).address}): its host key is unknown or has changed`,
    `node5 (${nobody()}): ssh cannot connect`,
  ];
  it("are all listed by name in one message, and nothing is changed on any", async () => {
    project.setTestbed(testbed(), 6);
    const { code, text } = await project.up();
    assert.notEqual(code, 0);
    assert.match(text, /4 of 6 machines cannot be used[\s\S]*nothing was changed/);
    for (const error of bad()) assert.ok(text.includes(error), `no ${error} in:\n${text}`);
    assert.doesNotMatch(text, /- node[16] \(/, "good machines are not listed");
    assert.deepEqual(await remains(), atFirst);
  });

  it("are listed in a preview too", async () => {
    const { code, text } = await project.pulumi("preview");
    assert.notEqual(code, 0);
    for (const error of bad()) assert.ok(text.includes(error), `no ${error} in:\n${text}`);
  });

  it("are left out if enough remain, and the stack uses the others", async () => {
    project.setTestbed(testbed({ minNodes: 2 }), 6);
    const text = await project.mustUp();
    for (const error of bad()) assert.ok(text.includes(error), `no ${error} in:\n${text}`);
    assert.deepEqual(await project.swarmNodes(), [
      "bare-b1 ready active monitor",
      "bare-b5 ready active broker",
    ]);
    await project.mustUp("--expect-no-changes");
  });

  it("include those of another stack, which is named", async () => {
    const other = await TestProject.create("other", { namespace: "lab" });
    try {
      other.setTestbed({ ...testbed(), hosts: hosts.ssh(1).hosts }, 1);
      const { code, text } = await other.up();
      assert.notEqual(code, 0);
      const owner = `${project.prefix}-.*${project.directory}`;
      assert.match(text, new RegExp(`node1 .*: is used by another stack \\(${owner}`));
    } finally {
      await other.dispose();
    }
    await project.mustUp("--expect-no-changes");
  });

  it("are not changed by a destroy", async () => {
    await project.mustPulumi("destroy", "--yes", "--skip-preview");
    const docker = ["bare-b1: docker.io", "bare-b5: docker.io"];
    assert.deepEqual((await remains()).sort(), [...atFirst, ...docker].sort());
  });
});

async function inForeignSwarm(hosts: BareHosts, host: BareHost): Promise<void> {
  await hosts.inside(
    host,
    `apt-get -qq install -y --no-install-recommends docker.io iptables >/dev/null 2>&1
     docker swarm init --advertise-addr ${host.address} >/dev/null`,
  );
}
