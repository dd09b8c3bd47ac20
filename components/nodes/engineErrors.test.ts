import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { type EngineNeeds, hostErrors, memberErrors } from "./engineErrors.ts";
import { type EngineFacts, flagValue, isOlder, parseDaemonFile, parseEngineInfo } from "./engineFacts.ts";

const FOLDER = path.join(import.meta.dirname, "../../test/fixtures/engines");
/** Outputs of `docker info --format '{{json .}}'`, by the engine's version; the README there says where they come from. */
const CAPTURED = new Map(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [name.replace(".json", ""), readFileSync(path.join(FOLDER, name), "utf8")]),
);

interface Engine {
  version?: string;
  /** Fields of `docker info` that differ from the captured ones. */
  info?: Record<string, unknown>;
  file?: unknown;
  flags?: string[];
  oldestApi?: string;
  program?: string;
}

function facts({ version = "20.10", info = {}, file = {}, ...rest }: Engine): EngineFacts {
  const captured = JSON.parse(CAPTURED.get(version) ?? assert.fail(version));
  return {
    info: parseEngineInfo(JSON.stringify({ ...captured, ...info })),
    file: parseDaemonFile(typeof file === "string" ? file : JSON.stringify(file)),
    flags: ["/usr/sbin/dockerd", ...(rest.flags ?? [])],
    oldestApi: rest.oldestApi ?? "1.24",
    program: rest.program ?? "/usr/bin/docker",
  };
}

describe("an engine as it is installed", () => {
  it("is one of each generation", () =>
    assert.deepEqual([...CAPTURED.keys()].sort(), ["20.10", "26.1", "28.5", "29.0"]));

  for (const [version, text] of CAPTURED) {
    it(`is accepted: ${version}`, () => {
      const engine = facts({ version });
      assert.ok(engine.info?.ServerVersion.startsWith(`${version}.`), text.slice(0, 100));
      assert.equal(engine.info?.DockerRootDir, "/var/lib/docker");
      assert.match(engine.info?.CgroupVersion ?? "", /^[12]$/);
      assert.deepEqual([memberErrors(engine), hostErrors(engine)], [[], []]);
    });
  }
});

const DAEMON = "/etc/docker/daemon.json";
const CASES: [what: string, engine: Engine, error: RegExp, needs?: EngineNeeds][] = [
  [
    "live-restore",
    { info: { LiveRestoreEnabled: true } },
    /live-restore.*remove live-restore from its \/etc/,
  ],
  [
    "live-restore on the command line",
    { info: { LiveRestoreEnabled: true }, flags: ["--live-restore"] },
    /remove --live-restore from dockerd's command line/,
  ],
  ["iptables: false", { file: { iptables: false } }, /firewall rules.*remove iptables from its/],
  ["--iptables=false", { flags: ["--iptables=false"] }, /firewall rules.*remove --iptables from/],
  [
    "userns-remap",
    { info: { SecurityOptions: ["name=seccomp,profile=builtin", "name=userns"] } },
    /userns-remap.*or use another machine/,
  ],
  ["userns-remap that is not in force yet", { file: { "userns-remap": "default" } }, /userns-remap/],
  [
    "a rootless engine",
    { info: { SecurityOptions: ["name=rootless"] } },
    /rootless.*docker context use default/,
  ],
  [
    "nftables",
    {
      version: "29.0",
      info: { FirewallBackend: { Driver: "nftables" } },
      file: { "firewall-backend": "nftables" },
    },
    /nftables.*does not allow in a swarm.*remove firewall-backend from its/,
  ],
  [
    "nftables with firewalld",
    { version: "29.0", info: { FirewallBackend: { Driver: "nftables+firewalld" } } },
    /nftables/,
  ],
  [
    "a daemon.json that is no JSON",
    { file: "{ broken" },
    /daemon\.json is not a JSON object: correct or remove/,
  ],
  ["a daemon.json that is a list", { file: "[]" }, /daemon\.json is not a JSON object/],
  [
    "registries that are no list",
    { file: { "insecure-registries": "a:5000" } },
    /insecure-registries in its \S+ is not a list/,
  ],
  [
    "another configuration file",
    { flags: ["--config-file", "/opt/d.json"] },
    /reads \/opt\/d\.json instead of/,
  ],
  [
    "registries on the command line",
    { flags: ["--insecure-registry=a:5000"] },
    /--insecure-registry, which Docker refuses together with.*move/,
  ],
  [
    "an engine that is too old",
    { info: { ServerVersion: "19.03.15" } },
    /engine 19\.03\.15 is too old: install 20\.10 or later/,
  ],
  [
    "an engine that is too new for the provider",
    { version: "29.0", oldestApi: "1.44" },
    /engine 29\.0\.4 is too new: it speaks API 1\.44 and later.*1\.41 at most; use the official tools/,
    { newestApi: "1.41" },
  ],
  [
    "another data root, which Portainer does not find",
    { info: { DockerRootDir: "/data/docker" } },
    /keeps its data in \/data\/docker.*portainer\.enabled to false/,
    { defaultRoot: true },
  ],
  ["a snap", { program: "/snap/bin/docker" }, /is a snap.*snap remove docker/],
  ["a snap's data", { info: { DockerRootDir: "/var/snap/docker/common/var-lib-docker" } }, /is a snap/],
];

describe("an engine that the stack cannot use", () => {
  for (const [what, engine, error, needs] of CASES) {
    it(`is refused with one message that says what to do: ${what}`, () => {
      const errors = memberErrors(facts(engine), needs);
      assert.equal(errors.length, 1, errors.join("\n"));
      assert.match(errors[0] ?? "", error);
    });
  }

  it("is refused with all reasons at once", () => {
    const engine = {
      info: { LiveRestoreEnabled: true, SecurityOptions: ["name=userns"], ServerVersion: "19.03.1" },
      file: { iptables: false },
    };
    assert.equal(memberErrors(facts(engine)).length, 4);
  });

  it("is refused before it runs, by its configuration file", () => {
    const stopped = (file: unknown) =>
      memberErrors({ file: parseDaemonFile(JSON.stringify(file)), flags: [] }).join();
    assert.match(stopped({ "live-restore": true }), /live-restore/);
    assert.match(stopped({ "firewall-backend": "nftables" }), /nftables/);
    assert.match(stopped({ "userns-remap": "default" }), /userns-remap/);
    assert.equal(stopped({ "live-restore": false, "userns-remap": "", iptables: true }), "");
  });

  it("may run nodes as containers, where only users and versions matter", () => {
    const swarm = { info: { LiveRestoreEnabled: true }, file: { iptables: false } };
    assert.deepEqual(hostErrors(facts(swarm)), []);
    assert.match(hostErrors(facts({ info: { SecurityOptions: ["name=userns"] } })).join(), /userns-remap/);
    assert.match(hostErrors(facts({ info: { ServerVersion: "19.03.15" } })).join(), /too old/);
  });
});

describe("an engine that the stack can use anyway", () => {
  const accepted: [what: string, engine: Engine, needs?: EngineNeeds][] = [
    ["another data root", { info: { DockerRootDir: "/data/docker" } }],
    ["a provider without a limit", { version: "29.0", oldestApi: "1.44" }],
    ["a version that somebody built", { info: { ServerVersion: "dev" } }],
    ["iptables: true", { file: { iptables: true }, flags: ["--iptables"] }],
    ["the default configuration file", { flags: ["--config-file", DAEMON] }],
    ["a provider that speaks its API", { oldestApi: "1.24" }, { newestApi: "1.41" }],
  ];
  for (const [what, engine, needs] of accepted) {
    it(`is accepted: ${what}`, () => assert.deepEqual(memberErrors(facts(engine), needs), []));
  }

  it("is accepted or refused, but never breaks the inspection, whatever it reports", () => {
    const value = fc.jsonValue();
    fc.assert(
      fc.property(value, value, fc.array(fc.string()), (info, file, flags) => {
        const engine = {
          info: parseEngineInfo(JSON.stringify(info)),
          file: parseDaemonFile(JSON.stringify(file)),
          flags,
        };
        for (const error of memberErrors(engine)) assert.equal(typeof error, "string");
      }),
    );
  });
});

describe("the command line of dockerd", () => {
  it("has a flag in each of its forms", () => {
    const flags = ["/usr/bin/dockerd", "-H", "fd://", "--data-root", "/data", "--iptables=false", "--debug"];
    assert.equal(flagValue(flags, "data-root"), "/data");
    assert.equal(flagValue(flags, "iptables"), "false");
    assert.equal(flagValue(flags, "debug"), "true");
    assert.equal(flagValue(flags, "live-restore"), undefined);
  });
});

describe("versions", () => {
  it("are compared by their numbers", () => {
    assert.ok(isOlder("19.03.15", "20.10"));
    assert.ok(isOlder("1.9", "1.41"));
    assert.ok(!isOlder("28.5.2+dfsg3", "20.10"));
    assert.ok(!isOlder("20.10.24+dfsg1", "20.10"));
    assert.ok(!isOlder("dev", "20.10"));
  });
});
