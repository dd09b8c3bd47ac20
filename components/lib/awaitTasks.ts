import { word } from "../../lib/shell.ts";

/** Seconds in which a task with the new settings is running, once swarm has been told of them. */
const TASK_TIMEOUT_SEC = 120;

/**
 * Waits until all tasks of a service have its present settings: right after an update the old ones still run, and a
 * cluster with them looks whole. There may be more of them, on nodes that are about to go. Part of a script that goes on with the look itself.
 */
export function awaitTasksScript(service: string, tasks: number): string {
  return `
service=${word(service)}
end=$(( $(date +%s) + ${TASK_TIMEOUT_SEC} ))
wanted=$(docker service inspect --format '{{json .Spec.TaskTemplate.ContainerSpec}} {{json .Spec.TaskTemplate.Resources}}' "$service")
until
  running=$(docker service ps --quiet --no-trunc --filter desired-state=running "$service" \
    | xargs -r docker inspect --format '{{.Status.State}} {{json .Spec.ContainerSpec}} {{json .Spec.Resources}}')
  [ "$(printf '%s\n' "$running" | grep -cxF "running $wanted")" -ge ${tasks} ]
do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "$service does not run with its new settings after ${TASK_TIMEOUT_SEC} s; on the manager see: docker service ps $service" >&2
    exit 1
  fi
  sleep 0.5
done`;
}
