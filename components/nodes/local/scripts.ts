import { script, word } from "../../../lib/shell.ts";
import { labelFilters, type Owner } from "../../lib/ownership.ts";

/** Seconds that a node has to answer after its container was started; it takes one or two. */
const ENGINE_TIMEOUT_SEC = 60;

/**
 * Waits until the node's Docker engine answers and prints the engine's id and the machine's, so that whoever depends
 * on the output looks again when either changed.
 */
export function waitForEngineScript(node: string, machineId: string): string {
  return script(
    { NODE: node, MACHINE: machineId, TIMEOUT: ENGINE_TIMEOUT_SEC },
    `
end=$(( $(date +%s) + TIMEOUT ))
until engine=$(docker info --format '{{.ID}}' 2>/dev/null) && [ -n "$engine" ]; do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "the Docker engine of $NODE did not answer within $TIMEOUT s; see its log with: docker logs $MACHINE" >&2
    exit 1
  fi
  sleep 0.2
done
echo "$engine $MACHINE"`,
  );
}

/** Removes every container, volume and network that carries the stack's labels, known to Pulumi or not. */
export function removeEverythingScript(engineHost: string, owner: Owner): string {
  return script(
    { DOCKER_HOST: engineHost },
    `
export DOCKER_HOST
list() { docker "$@" --quiet ${labelFilters(owner).map(word).join(" ")}; }
for container in $(list ps --all); do docker rm --force --volumes "$container" >/dev/null & done
wait
for volume in $(list volume ls); do docker volume rm --force "$volume" >/dev/null & done
wait
for network in $(list network ls); do docker network rm "$network" >/dev/null; done
left=$(list ps --all; list volume ls; list network ls)
[ -z "$left" ] || { echo "could not remove: $left" >&2; exit 1; }`,
  );
}
