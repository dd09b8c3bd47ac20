import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsIn } from "../../cli/lib/scenarios.ts";
import { readArguments as argumentsOf } from "../../cli/reserve/arguments.ts";
import { reserveCommand } from "../../cli/reserve/command.ts";
import { sitesOf } from "../../cli/reserve/scenario.ts";
import { parsed } from "../../test/support/commands.ts";
import { oarSettingsOf } from "../../test/support/oarSettings.ts";
import { fromSchema, oarSchema, oarSettings } from "./oar.ts";

const LEAST = { kind: "oar", frontend: "rennes", user: "ann", walltime: "2 hours" };
const issuesOf = (testbed: object) => {
  const { error } = oarSchema.safeParse(testbed);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
};
const mistakesOf = (more: object) => issuesOf({ ...LEAST, ...more });

describe("the settings of an oar testbed", () => {
  it("need a frontend, a user and an explicit walltime; the rest has defaults", () => {
    const settings = oarSettingsOf(LEAST);
    const { port, walltimeSec, timeoutSec, api, types, acceptAnyHostKey } = settings;
    assert.deepEqual(
      [port, walltimeSec, timeoutSec, api, types, acceptAnyHostKey],
      [22, 7200, 1800, "ssh", [], false],
    );
  });

  it("may name a project and job types", () => {
    const { project, types } = oarSettingsOf({ ...LEAST, project: "lab-x", types: ["deploy", "exotic"] });
    assert.deepEqual([project, types], ["lab-x", ["deploy", "exotic"]]);
    assert.match(mistakesOf({ project: "-x y" }).join(), /project: expected letters/);
  });

  it("survive the way to our own program as JSON", () => {
    const settings = oarSettingsOf({ ...LEAST, types: ["deploy"], environment: "debian12-min" });
    assert.deepEqual(oarSettings.parse(JSON.parse(JSON.stringify(settings))), settings);
  });

  for (const [more, message] of [
    [{ walltime: "2h" }, /walltime: expected a number above zero.*"30 days"/],
    [{ start: "tomorrow" }, /start: expected "YYYY-MM-DD hh:mm:ss", in the frontend's time/],
    [{ jump: "access" }, /jump: expected user@host/],
    [{ frontend: "-oProxyCommand=x" }, /frontend: expected letters/],
    [{ api: "rest" }, /rest: api: rest needs rest.url/],
    [{ environment: "debian12-min" }, /environment: an environment needs types/],
    [{ sshConfig: "~/.ssh/config", key: "x" }, /sshConfig: says all of/],
    [{ hostKey: "AAAA" }, /hostKey: expected a public key/],
    [{ site: "rennes" }, /Unrecognized key/],
  ] as const) {
    it(`do not take ${JSON.stringify(more)}, and say why`, () =>
      assert.match(mistakesOf(more).join("\n"), message));
  }
});

describe("several sites", () => {
  const { frontend: _, ...WITHOUT } = LEAST;
  const SITES = [
    { frontend: "nancy", nodes: 2, properties: "cluster='gros'" },
    { frontend: "rennes", nodes: 1, port: 2222 },
  ];
  const mistakesOf = (more: object) => issuesOf({ ...WITHOUT, ...more });

  it("have what they say for themselves, and else what is said for all", () => {
    const sites = fromSchema(oarSchema.parse({ ...WITHOUT, properties: "disk>1", sites: SITES }), 3);
    assert.deepEqual(
      sites.map(({ nodes, settings }) => [nodes, settings.frontend, settings.port, settings.properties]),
      [
        [2, "nancy", 22, "cluster='gros'"],
        [1, "rennes", 2222, "disk>1"],
      ],
    );
    assert.ok(sites.every(({ settings }) => settings.user === "ann" && settings.walltimeSec === 7200));
  });

  it("stand instead of one frontend, and each once", () => {
    assert.match(mistakesOf({ sites: SITES, frontend: "nancy" }).join(), /sites: says all of frontend/);
    assert.match(mistakesOf({}).join(), /frontend: expected the frontend of a site, or several/);
    const many = SITES.map((site) => ({ ...site, nodes: 30 }));
    assert.match(mistakesOf({ sites: many }).join(), /sites: 60 nodes in all, and 50 are possible/);
    assert.match(
      mistakesOf({ sites: [...SITES, { ...SITES[0], nodes: 1 }] }).join(),
      /sites: nancy is there twice/,
    );
    assert.deepEqual(mistakesOf({ sites: SITES }), []);
  });

  it("say how the frontends are reached, or a file of ssh does, not both", () => {
    const [nancy] = SITES;
    const errors = mistakesOf({ sshConfig: "~/.ssh/config", sites: [{ ...nancy, jump: "ann@access" }] });
    assert.match(errors.join(), /sshConfig: says all of jump/);
  });

  it("have an API each, where OAR is asked by REST", () => {
    const rest = { url: "https://api.example/oarapi", shape: "oar" };
    const both = SITES.map((each) => ({ ...each, rest }));
    assert.match(mistakesOf({ api: "rest", sites: [both[0], SITES[1]] }).join(), /rest: api: rest needs/);
    assert.deepEqual(mistakesOf({ api: "rest", sites: both }), []);
  });

  it("count as the nodes of the stack, for npm run reserve too", () => {
    const config = (nodes?: number) => ({
      testbed: { ...WITHOUT, sites: SITES },
      nodes,
    });
    const bases = sitesOf("g5k", config()).map(({ base }) => base);
    assert.ok(bases.length === 2 && bases[0] !== bases[1], bases.join(", "));
    assert.throws(() => sitesOf("g5k", config(5)), /5 nodes are wanted, and testbed.sites has 3/);
  });
});

describe("npm run reserve", () => {
  const readArguments = (args: string[]) => argumentsOf(parsed(reserveCommand(), args));

  it("reads a scenario whose objects Pulumi keeps as text, too", () => {
    const yaml = `config:
  swarmbench:nodes: "4"
  swarmbench:testbed: '${JSON.stringify(LEAST)}'
  swarmbench:namespace: e2e
`;
    const sites = sitesOf("g5k", settingsIn(yaml));
    assert.deepEqual(
      sites.map(({ nodes }) => nodes),
      [4],
    );
    assert.match(sites[0]?.base ?? "", /^swarmbench-e2e-g5k-[0-9a-f]{8}$/);
  });

  it("says with every error that nothing was reserved", () => {
    const config = { nodes: 0, testbed: { ...LEAST, walltime: 3, site: "x" } };
    assert.throws(
      () => sitesOf("g5k", config),
      /nothing was reserved:[\s\S]*testbed\.walltime[\s\S]*no such setting: site[\s\S]*swarmbench:nodes: expected a whole number from 1 to 50/,
    );
  });

  it("does nothing for a scenario of another testbed", () =>
    assert.throws(() => sitesOf("local", { testbed: { kind: "local" } }), /is local, not oar/));

  it("takes one thing to do at a time, and needs a scenario", () => {
    assert.throws(() => readArguments(["-s", "x", "--delete", "--extend", "1 hour"]), /do not go together/);
    assert.throws(() => readArguments([]), /-s SCENARIO/);
    assert.throws(() => readArguments(["-s", "x", "--extend", "1h"]), /--extend: expected a number/);
    assert.throws(() => readArguments(["-s", "x", "more"]), /unknown arguments: more/);
    assert.equal(readArguments(["-s", "x", "--extend", "30 minutes"]).extendSec, 1800);
    assert.equal(readArguments(["--from-up", "--", "2026-11-25T01:00:00.000Z"]).mode, "reserve");
  });
});
