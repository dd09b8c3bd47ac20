import { readFileSync } from "node:fs";

/**
 * Version 1 hierarchies of control groups that the kernel has and this machine does not mount. Docker hands on those that are
 * mounted; where a process is in another one, containerd reads no figures of a container at all ("cannot find cgroup mount
 * destination"): in the engines of local nodes, CPU, memory and network of all services are missing then.
 *
 * @param {string} groups as in /proc/self/cgroup @param {string} mounts as in /proc/self/mountinfo @returns {string[]}
 */
export function unmountedHierarchies(
  groups = readFileSync("/proc/self/cgroup", "utf8"),
  mounts = readFileSync("/proc/self/mountinfo", "utf8"),
) {
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
