import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as cgroups from "./cgroups.ts";

const MOUNTS = `203 202 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
211 202 0:37 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,name=systemd
212 202 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`;
const GROUPS = `9:name=systemd:/docker/1
2:cpu,cpuacct:/docker/1
0::/docker/1
`;

describe("control groups", () => {
  it("are well where each hierarchy of version 1 is mounted, or there is version 2 alone", () => {
    assert.deepEqual(cgroups.unmountedHierarchies(GROUPS, MOUNTS), []);
    assert.deepEqual(cgroups.unmountedHierarchies("0::/init.scope\n", ""), []);
  });

  it("are reported if the kernel has some that are not mounted", () =>
    assert.deepEqual(cgroups.unmountedHierarchies(`29:hugetlb:/\n${GROUPS}`, MOUNTS), ["hugetlb"]));
});
