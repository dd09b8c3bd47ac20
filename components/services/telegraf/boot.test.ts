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

/** The interface that the script passes to Telegraf on a node with these routes. */
function interfaceOf(environment: Record<string, string>, routes: string | null = TABLE): string {
  const proc = mkdtempSync(path.join(folder, "proc-"));
  const bin = path.join(proc, "bin");
  for (const each of [bin, path.join(proc, "net")]) mkdirSync(each);
  if (routes !== null) writeFileSync(path.join(proc, "net/route"), `${routes}\n`);
  // As a user other than root, the script starts the program directly; the image supports both.
  writeFileSync(path.join(bin, "id"), "#!/bin/sh\necho 1000\n", { mode: 0o755 });
  const telegraf = `#!/bin/sh\necho "interface=\${TEST_INTERFACE-unset} $*"\n`;
  writeFileSync(path.join(bin, "telegraf"), telegraf, { mode: 0o755 });
  const env = { PATH: `${bin}:/usr/bin:/bin`, HOST_PROC: proc, ...environment };
  const { stdout, stderr, status } = spawnSync("/bin/sh", [BOOT, "--once"], { env, encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
  return /^interface=(\S+) --once\n$/.exec(stdout)?.[1] ?? assert.fail(stdout);
}
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
});
