import * as pulumi from "@pulumi/pulumi";
import { script } from "../../lib/shell.ts";
import type { Deployment } from "./deployment.ts";
import { labelFilters } from "./ownership.ts";
import { outputOf, runOn } from "./remote.ts";

/** Seconds to wait until the tasks of removed services have ended, so that their networks and volumes can be removed. */
const TASKS_TIMEOUT_SEC = 90;

/**
 * Removes the services, secrets and configs in the swarm that have the stack's labels and that the program has not declared, such
 * as a service that was switched off and a secret with an earlier value. To be called after everything has been declared.
 *
 * @param after what to wait for, such as Kafka's move of the data of a broker that is to be removed
 * @returns resolves once they are removed
 */
export function removeUndeclared(
  deployment: Deployment,
  after: readonly pulumi.Output<string>[],
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { swarm, owner, declared } = deployment;
  const removal = runOn(
    "undeclared",
    swarm.manager.ssh,
    {
      script: pulumi
        .all([swarm.id, pulumi.all(declared.services), pulumi.all(declared.files), allOf(after)])
        .apply(([swarmId, services, files]) =>
          removeUndeclaredScript({ swarmId, services, files, filters: labelFilters(owner) }),
        ),
    },
    { ...options, deletedWith: swarm.manager.machine },
  );
  return outputOf(removal);
}

/** Resolves once all are known. Its value does not change, and is not secret. */
function allOf(outputs: readonly pulumi.Output<string>[]): pulumi.Output<boolean> {
  return pulumi.unsecret(pulumi.all([...outputs]).apply(() => true));
}

interface Undeclared {
  /** Changes the script, so that it runs again in a new swarm. */
  swarmId: string;
  /** Names of the services to keep. */
  services: string[];
  /** Ids of the secrets and configs to keep. */
  files: string[];
  /** Arguments of `docker … ls` that match only the stack's objects. */
  filters: string[];
}

/**
 * Removes all other objects that match the filters. What is gone meanwhile is no error. A secret or config that a service still
 * uses is left for a later run.
 */
export function removeUndeclaredScript({ swarmId, services, files, filters }: Undeclared): string {
  const values: Record<string, string | number> = {
    SWARM: swarmId,
    SERVICES: [...services].sort().join("\n"),
    FILES: [...files].sort().join("\n"),
    TIMEOUT: TASKS_TIMEOUT_SEC,
  };
  filters.forEach((filter, index) => {
    values[`FILTER${index}`] = filter;
  });
  const matching = filters.map((_, index) => `"$FILTER${index}"`).join(" ");
  return script(
    values,
    `
kept() { printf '%s\\n' "$1" | grep -qxF "$2"; }
exists() { docker "$1" inspect "$2" >/dev/null 2>&1; }
remove() { error=$(docker "$1" rm "$2" 2>&1 >/dev/null) || ! exists "$1" "$2" || { echo "$1 $3 was not removed: $error" >&2; return 1; }; }

removed=
services=$(docker service ls ${matching} --format '{{.ID}} {{.Name}}')
while read -r id name; do
  if [ -z "$id" ] || kept "$SERVICES" "$name"; then continue; fi
  # The list may have a shortened id, but tasks are named by the full one.
  id=$(docker service inspect --format '{{.ID}}' "$id" 2>/dev/null) || continue
  remove service "$id" "$name" || exit 1
  removed="$removed $id"
done <<LIST
$services
LIST

end=$(( $(date +%s) + TIMEOUT ))
for id in $removed; do
  while docker node ps --no-trunc --format '{{.Name}}' $(docker node ls --quiet) | tr '. ' '\\n\\n' | grep -qxF "$id"; do
    [ "$(date +%s)" -lt "$end" ] || break 2 # on a node that is down they never end
    sleep 0.5
  done
done

for kind in secret config; do
  listed=$(docker "$kind" ls ${matching} --format '{{.ID}} {{.Name}}')
  while read -r id name; do
    if [ -z "$id" ] || kept "$FILES" "$id"; then continue; fi
    remove "$kind" "$id" "$name" || true
  done <<LIST
$listed
LIST
done
echo "$SWARM"`,
  );
}
