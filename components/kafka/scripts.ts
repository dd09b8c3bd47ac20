import { word } from "../lib/shell";

/** Seconds in which a task with the new settings is running, once swarm has been told of them. */
const TASK_TIMEOUT_SEC = 120;

/**
 * Waits until the one running task of a service has the service's present settings: right after an update the old task
 * still runs, and a cluster with it looks whole. Part of a script that ends with the look at the cluster itself.
 */
export function awaitTaskScript(service: string): string {
  return `
service=${word(service)}
end=$(( $(date +%s) + ${TASK_TIMEOUT_SEC} ))
wanted=$(docker service inspect --format '{{json .Spec.TaskTemplate.ContainerSpec}} {{json .Spec.TaskTemplate.Resources}}' "$service")
until
  running=$(docker service ps --quiet --no-trunc --filter desired-state=running "$service" \\
    | xargs -r docker inspect --format '{{.Status.State}} {{json .Spec.ContainerSpec}} {{json .Spec.Resources}}')
  [ "$running" = "running $wanted" ]
do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "$service does not run with its new settings after ${TASK_TIMEOUT_SEC} s; on the manager see: docker service ps $service" >&2
    exit 1
  fi
  sleep 0.5
done`;
}
