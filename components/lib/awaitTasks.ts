import { word } from "../../lib/shell.ts";

/** Seconds to wait for tasks with the current settings after an update. */
const TASK_TIMEOUT_SEC = 120;

/**
 * Part of a script: waits until the running tasks of a service have its current settings. Right after an update the old tasks
 * still run and would pass a health check.
 *
 * @param tasks minimum number of tasks. More may run, on nodes that are about to be removed.
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
