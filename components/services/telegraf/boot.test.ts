import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, describe, it } from "node:test";

const BOOT = path.join(import.meta.dirname, "../../../images/telegraf/rootfs/usr/local/sbin/telegraf-boot");
const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-telegraf-"));
after(() => rmSync(folder, { recursive: true }));

/** A line of /proc/net/route: numbers are little-endian. */
const route = (name: string, destination: string, mask: string) =>
  `${name}\t${destination}\t00000000\t0001\t0\t0\t0\t${mask}\t0\t0\t0`;
const TABLE = [
  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
  route("ens3", "00000000", "00000000"), // what matches nothing else
  route("wide", "0000C00A", "0000F0FF"), // 10.192.0.0/12
  route("ens4", "0005C00A", "00FFFFFF"), // 10.192.5.0/24
  route("docker0", "000011AC", "0000FFFF"), // 172.17.0.0/16
  route("high", "8005C00A", "80FFFFFF"), // 10.192.5.128/25
].join("\n");

interface BootCase {
  environment?: Record<string, string>;
  /** The node's routes; null: it has no table of them. */
  routes?: string | null;
  /** The answer of the node's engine to /version; null: it does not answer. */
  engine?: string | null;
}

/** The interface and the API version of Docker that the script passes to Telegraf. */
function booted({ environment = {}, routes = TABLE, engine = null }: BootCase): {
  found: string;
  api: string;
} {
  const proc = mkdtempSync(path.join(folder, "proc-"));
  const bin = path.join(proc, "bin");
  for (const each of [bin, path.join(proc, "net")]) mkdirSync(each);
  if (routes !== null) writeFileSync(path.join(proc, "net/route"), `${routes}\n`);
  // As a user other than root, the script starts the program directly; the image supports both.
  writeFileSync(path.join(bin, "id"), "#!/bin/sh\necho 1000\n", { mode: 0o755 });
  const curl = engine === null ? "exit 7" : `cat <<'END'\n${engine}\nEND`;
  writeFileSync(path.join(bin, "curl"), `#!/bin/sh\n${curl}\n`, { mode: 0o755 });
  const telegraf = `#!/bin/sh\necho "interface=\${TEST_INTERFACE-unset} api=$DOCKER_API_VERSION $*"\n`;
  writeFileSync(path.join(bin, "telegraf"), telegraf, { mode: 0o755 });
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOST_PROC: proc, ...environment };
  const { stdout, stderr, status } = spawnSync("/bin/sh", [BOOT, "--once"], { env, encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
  const [, found = "", api = ""] = /^interface=(\S+) api=(\S+) --once\n$/.exec(stdout) ?? assert.fail(stdout);
  return { found, api };
}
const interfaceOf = (environment: Record<string, string>, routes: string | null = TABLE) =>
  booted({ environment, routes }).found;
const towards = (address: string) => interfaceOf({ SWARMBENCH_NETWORK_ADDRESS: address });

describe("Telegraf's entry script", () => {
  for (const [address, found, why] of [
    ["10.192.5.10", "ens4", "a network that is within another one"],
    ["10.192.5.130", "high", "the longer of two prefixes"],
    ["10.200.0.1", "wide", "a network whose mask ends within a byte"],
    ["192.168.1.1", "ens3", "no network but the rest of the world"],
  ] as const) {
    it(`finds the interface of an address in ${why}`, () => assert.equal(towards(address), found));
  }

  it("finds none without a routing table", () =>
    assert.equal(interfaceOf({ SWARMBENCH_NETWORK_ADDRESS: "10.192.5.10" }, null), "unset"));

  it("finds none without a route", () => {
    const only = route("docker0", "000011AC", "0000FFFF");
    assert.equal(interfaceOf({ SWARMBENCH_NETWORK_ADDRESS: "10.192.5.10" }, only), "unset");
  });

  for (const address of ["", "node1", "fd00::1"]) {
    it(`keeps the configured interface for the address "${address}"`, () => {
      const environment = { SWARMBENCH_NETWORK_ADDRESS: address, TEST_INTERFACE: "ens9" };
      assert.equal(interfaceOf(environment), "ens9");
    });
  }

  for (const [version, oldest, api] of [
    ["20.10.24", "1.12", "1.24"],
    ["28.5.2", "1.24", "1.24"],
    ["29.0.4", "1.44", "1.44"],
    ["29.6.1", "1.40", "1.40"],
  ] as const) {
    it(`asks Docker ${version} for an API version that it speaks`, () => {
      const engine = `{"Platform":{"Name":""},"Components":[{"Name":"Engine","Version":"${version}","Details":{"ApiVersion":"1.99","MinAPIVersion":"${oldest}"}}],"Version":"${version}","ApiVersion":"1.99","MinAPIVersion":"${oldest}","Os":"linux"}`;
      assert.equal(booted({ engine }).api, api);
    });
  }

  it("asks for Telegraf's default API version if the engine does not answer", () =>
    assert.equal(booted({ engine: null }).api, "1.24"));
});
