import { readFileSync } from "node:fs";

/**
 * Version 1 hierarchies of control groups that the kernel has and this machine does not mount. Docker passes on those that
 * are mounted. Where a process is in another one, containerd reads no metrics of a container at all ("cannot find cgroup
 * mount destination"): CPU, memory and network of all services are missing then in the engines of local nodes.
 *
 * @param groups as in /proc/self/cgroup
 * @param mounts as in /proc/self/mountinfo
 */
export function unmountedHierarchies(
  groups = readFileSync("/proc/self/cgroup", "utf8"),
  mounts = readFileSync("/proc/self/mountinfo", "utf8"),
): string[] {
  const mounted = new Set(
    mounts.split("\n").flatMap((line) => / - cgroup \S+ (\S+)$/.exec(line)?.[1]?.split(",") ?? []),
  );
  return groups.split("\n").flatMap((line) => {
    const [, controllers = ""] = line.split(":");
    return controllers !== "" && controllers.split(",").some((each) => !mounted.has(each))
      ? [controllers]
      : [];
  });
}
