import type * as pulumi from "@pulumi/pulumi";
import { commandLine, script } from "../../lib/shell.ts";
import type { Deployment } from "./deployment.ts";
import type { Node } from "./node.ts";
import { labels } from "./ownership.ts";
import { outputOf, runOn } from "./remote.ts";

/**
 * Creates a volume on one node and returns its name. Swarm would create it for the first task that mounts it, but `destroy`
 * would not remove a volume that Pulumi does not manage. `docker.Volume` is not used because it needs a provider process for
 * each node.
 */
export function nodeVolume(
  name: string,
  node: Node,
  deployment: Deployment,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const volume = runOn(
    // The node is part of the resource name: moving to another node creates a new volume and deletes this one.
    `${name}-volume-${node.name}`,
    node.ssh,
    {
      script: node.ready.apply((ready) => createVolumeScript(name, ready, labels(deployment.owner))),
      delete: removeVolumeCommand(name, labels(deployment.owner)),
    },
    { parent, deletedWith: node.machine },
  );
  return outputOf(volume);
}

interface Label {
  label: string;
  value: string;
}

/** Creates the volume unless it exists, and prints its name. `ready` changes the script, so it runs again on a new machine. */
export function createVolumeScript(name: string, ready: string, volumeLabels: Label[]): string {
  return script(
    { NAME: name, READY: ready, ...labelVariables(volumeLabels) },
    `docker volume inspect --format '{{.Name}}' "$NAME" 2>/dev/null || docker volume create ${volumeLabels
      .map((_, index) => `--label "$LABEL${index}"`)
      .join(" ")} "$NAME"`,
  );
}

/** Seconds to wait for the last task that uses a volume to end. A broker takes up to a minute. */
const RELEASE_TIMEOUT_SEC = 90;

/**
 * Removes the volume once no task uses it. Swarm keeps the containers of ended tasks for a while, and these block the removal.
 * They never run again, so they are removed first.
 */
function removeVolumeCommand(name: string, volumeLabels: Label[]): string {
  const filters = volumeLabels.map((_, index) => `--filter "label=$LABEL${index}"`).join(" ");
  return commandLine(
    { NAME: name, TIMEOUT: RELEASE_TIMEOUT_SEC, ...labelVariables(volumeLabels) },
    `
end=$(( $(date +%s) + TIMEOUT ))
for state in created exited dead; do ended="\${ended:-} --filter status=$state"; done
until
  docker ps --all --quiet --filter "volume=$NAME" $ended ${filters} | xargs -r docker rm >/dev/null
  error=$(docker volume rm --force "$NAME" 2>&1 >/dev/null)
do
  if [ "$(date +%s)" -ge "$end" ]; then echo "$error" >&2; exit 1; fi
  sleep 0.5
done`,
  );
}

function labelVariables(volumeLabels: Label[]): Record<string, string> {
  return Object.fromEntries(
    volumeLabels.map(({ label, value }, index) => [`LABEL${index}`, `${label}=${value}`]),
  );
}
