/**
 * Shell text, run in the container of a local node before it is removed: lets the node's frozen processes run.
 *
 * With cgroups v1 a frozen process, such as a paused broker, cannot be killed, and Docker then cannot remove the node's container.
 * Once Docker has tried, nothing can be executed in it any more.
 */
export const THAW = `find /sys/fs/cgroup/freezer -mindepth 2 -name freezer.state -exec sh -c 'echo THAWED > "$1"' sh {} \\;`;
