import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { readThrottling } from "./cgroups.ts";
import { diskOf, pressureUsOf, readCounters, stealTicksOf } from "./kernel.ts";
import { machineCountersSchema } from "./protocol.ts";

describe("the counters of a machine", () => {
  it("are read from the kernel's files", () => {
    const files: Record<string, string> = {
      "/proc/stat": "cpu  100 0 50 1000 50 0 0 25 0 0\ncpu0 1 1 1 1\n",
      "/proc/pressure/cpu":
        "some avg10=1.53 avg60=2.00 avg300=3.00 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n",
      "/proc/diskstats":
        " 254 0 vda 10 0 100 5 20 0 200 9 0 640 14\n 254 1 vda1 10 0 100 5 20 0 200 9 0 640 14\n",
    };
    const counters = readCounters((file) => files[file]);
    assert.deepEqual(
      [counters.busySec, counters.stealSec, counters.pressureUs, counters.disk],
      [
        1.75,
        0.25,
        { cpu: 123_456, io: null, memory: null },
        { readBytes: 51_200, writtenBytes: 102_400, busyMs: { vda: 640 } },
      ],
    );
  });

  it("are null, not zero, on a kernel without pressure stall information or disks", () => {
    const { pressureUs, disk } = readCounters(() => undefined);
    assert.deepEqual([pressureUs, disk], [{ cpu: null, io: null, memory: null }, null]);
    assert.equal(pressureUsOf("full avg10=0.00 total=7"), null);
  });

  it("leave out partitions, loop devices and devices that are made of disks", () => {
    const names = ["loop0", "sda1", "dm-0", "md0", "nvme0n1p1", "zram0", "sda", "nvme0n1"];
    const lines = names.map((name) => ` 8 0 ${name} 1 0 2 0 1 0 2 0 0 5 0`);
    assert.deepEqual(Object.keys(diskOf(lines.join("\n")).busyMs), ["sda", "nvme0n1"]);
  });

  it("are those of this machine, in the form of the protocol", () => {
    const counters = machineCountersSchema.parse(readCounters());
    assert.ok(counters.cpus > 0 && counters.busySec > 0);
    assert.equal(stealTicksOf("cpu  1 2 3"), 0);
  });
});

describe("the throttling of containers", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "swarmbench-cgroups-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));
  const [node, broker, free] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];
  const group = (folder: string, periods: number, throttled: number) => {
    mkdirSync(path.join(root, folder), { recursive: true });
    const text = `usage_usec 9\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec 5\n`;
    writeFileSync(path.join(root, folder, "cpu.stat"), text);
  };

  it("is read by short id with cgroup v2 and systemd, only for containers with a limit", () => {
    group(`system.slice/docker-${broker}.scope`, 100, 40);
    group(`system.slice/docker-${free}.scope`, 0, 0);
    group("system.slice/ssh.service", 50, 50);
    assert.deepEqual(readThrottling(root), { [broker.slice(0, 12)]: { periods: 100, throttled: 40 } });
  });

  it("is read with cgroup v1, and the limit of a node that is a container applies to its containers", () => {
    group(`cpu/docker/${node}`, 200, 90);
    group(`cpu/docker/${node}/docker/${broker}`, 0, 0);
    group(`memory/docker/${free}`, 10, 10);
    assert.deepEqual(readThrottling(root), {
      [node.slice(0, 12)]: { periods: 200, throttled: 90 },
      [broker.slice(0, 12)]: { periods: 200, throttled: 90 },
    });
  });

  it("is empty without cgroups", () => {
    assert.deepEqual(readThrottling(path.join(root, "none")), {});
  });
});
