// One stack on machines of two sites, each with a real OAR of its own.
import assert from "node:assert/strict";
import { it } from "node:test";
import { BareHosts } from "../support/bareHosts.ts";
import { OarLab } from "../support/oarLab.ts";
import { describeTestbed, remainsOf, type Source } from "../support/testbedClaims.ts";

const USERS = ["user1", "user2"];

interface SitesSource extends Source {
  sites: [OarLab, OarLab];
  /** `swarmbench:testbed` with a number of nodes for each site. */
  testbedOf(...nodes: number[]): Record<string, unknown>;
}

/** Two machines at each site; all can reach each other. */
async function sitesSource(): Promise<SitesSource> {
  const hosts = await BareHosts.start(4);
  const names = hosts.all.map(({ name }) => name);
  const labs: OarLab[] = [];
  const dispose = async () => {
    for (const lab of labs) await lab.dispose();
    await hosts.dispose();
  };
  try {
    for (const group of [names.slice(0, 2), names.slice(2)])
      labs.push(await OarLab.start(group, USERS, { hosts }));
  } catch (error) {
    await dispose();
    throw error;
  }
  const sites = labs as [OarLab, OarLab];
  const jobs = async () => (await Promise.all(sites.map((site) => site.jobsOfUser("user1")))).flat();
  const testbedOf = (...nodes: number[]) => {
    const { frontend: _, port: __, hostKey: ___, ...common } = sites[0].testbed({ walltime: "1 hour" });
    return {
      ...common,
      sites: sites.map((site, index) => {
        const { frontend, port, hostKey } = site.testbed();
        return { frontend, port, hostKey, nodes: nodes[index] };
      }),
    };
  };
  return {
    sites,
    testbedOf,
    names,
    dispose,
    jobs: 2,
    testbed: (nodes) => testbedOf(1, nodes - 1),
    remains: async () => [...(await jobs()).map((id) => `job ${id}`), ...(await remainsOf(hosts))],
    stays: names.map((name) => `${name}: docker.io`),
  };
}

describeTestbed("oar-sites", sitesSource, {
  whileUp: ({ project, source, hostnames, measure }) => {
    it("has the first node from the first site, and the others from the second", async () => {
      const [first, ...others] = await hostnames();
      const { names } = source();
      assert.ok(first && names.slice(0, 2).includes(first));
      assert.deepEqual(others.sort(), names.slice(2));
    });

    it("lists the jobs of all sites with their sites", async () => {
      const listed = await project().must(
        ...(["node", "swarmbench.mjs", "reserve", "-s", "oar-sites", "--list"] as const),
      );
      const ports = source().sites.map((site) => site.testbed().port);
      const where = listed
        .trim()
        .split("\n")
        .map((line) => line.split("  ").at(-1));
      // Docker chooses the ports, so the sites' order is any.
      assert.deepEqual(
        where.sort(),
        [ports[0], ports[1], ports[1]].map((port) => `127.0.0.1-${port}`).sort(),
      );
    });

    it("scales out at the first site while the other nodes stay the same, and scales in again", async () => {
      const before = await hostnames();
      project().setTestbed(source().testbedOf(2, 2), 4);
      await project().mustUp();
      const grown = await hostnames();
      assert.deepEqual([grown.slice(0, 3), [...grown].sort()], [before, source().names]);
      assert.equal((await project().swarmNodes()).length, 4);
      await measure();
      project().setTestbed(source().testbedOf(1, 2), 3);
      await project().mustUp();
      assert.deepEqual(await hostnames(), before);
    });
  },
  afterwards: ({ project, source }) => {
    it("reports the site that has too few machines, and releases those of the other", async () => {
      project().setTestbed(source().testbedOf(1, 9), 10);
      const { code, text } = await project().up();
      assert.notEqual(code, 0);
      assert.match(text, new RegExp(`reservation-127.0.0.1-${source().sites[1].testbed().port}-1`));
      assert.match(text, /not enough resources/);
      await project().mustPulumi("destroy", "--yes", "--skip-preview");
      for (const site of source().sites) assert.deepEqual(await site.jobsOfUser("user1"), []);
    });
  },
});
