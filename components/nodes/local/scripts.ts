import { script, word } from "../../../lib/shell.ts";
import { THAW } from "../../../lib/thaw.ts";
import { labelFilters, type Owner } from "../../lib/ownership.ts";
import { tiedScript } from "../../lib/tied.ts";

/** Seconds to wait for a node's engine after the container was started. It usually takes one or two. */
const ENGINE_TIMEOUT_SEC = 60;

/**
 * Script that waits until the node's Docker engine answers and prints the ids of the engine and the machine. Resources that
 * depend on the output run again when one of them changes.
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

/** Script that removes every container, volume and network with the stack's labels, whether or not Pulumi recorded it. */
export function removeEverythingScript(engineHost: string, owner: Owner): string {
  return tiedScript(
    { DOCKER_HOST: engineHost, THAW },
    `
export DOCKER_HOST
list() { docker "$@" --quiet ${labelFilters(owner).map(word).join(" ")}; }
remove() {
  # A stopped container has no frozen processes.
  docker exec "$1" sh -c "$THAW" >/dev/null 2>&1 || true
  docker rm --force --volumes "$1" >/dev/null
}
for container in $(list ps --all); do remove "$container" & done
wait
for volume in $(list volume ls); do docker volume rm --force "$volume" >/dev/null & done
wait
for network in $(list network ls); do docker network rm "$network" >/dev/null; done
left=$(list ps --all; list volume ls; list network ls)
[ -z "$left" ] || { echo "could not remove: $left" >&2; exit 1; }`,
  );
}
