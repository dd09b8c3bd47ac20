import { readFileSync } from "node:fs";

/**
 * The version 1 control group hierarchies that the kernel has but this machine does not mount. Docker passes only mounted ones on.
 * For a process in another one, containerd reads no metrics of containers at all ("cannot find cgroup mount destination"), so
 * local nodes have no CPU, memory and network metrics of services.
 *
 * @param groups contents of /proc/self/cgroup
 * @param mounts contents of /proc/self/mountinfo
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
