import type * as pulumi from "@pulumi/pulumi";
import { commandLine, script } from "../../lib/shell.ts";
import type { Site } from "./deployment.ts";
import type { Node } from "./node.ts";
import { labels } from "./ownership.ts";
import { outputOf, runOn } from "./remote.ts";

/**
 * A volume on one node's engine, and its name. Swarm would make it by itself for a task that mounts it, but `destroy`
 * would leave it: Pulumi deletes what it knows. Not a `docker.Volume`, which would take a provider process a node.
 */
export function nodeVolume(
  name: string,
  node: Node,
  site: Site,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const volume = runOn(
    // The node is part of its name: on another node it is another volume, and the one here goes.
    `${name}-volume-${node.name}`,
    node.ssh,
    {
      script: node.ready.apply((ready) => createVolumeScript(name, ready, labels(site.owner))),
      delete: removeVolumeCommand(name, labels(site.owner)),
    },
    { parent, deletedWith: node.machine },
  );
  return outputOf(volume);
}

interface Label {
  label: string;
  value: string;
}

/** Makes the volume unless it is there, and prints its name. `ready` is in it so that a new machine is looked at. */
export function createVolumeScript(name: string, ready: string, volumeLabels: Label[]): string {
  return script(
    { NAME: name, READY: ready, ...labelVariables(volumeLabels) },
    `docker volume inspect --format '{{.Name}}' "$NAME" 2>/dev/null || docker volume create ${volumeLabels
      .map((_, index) => `--label "$LABEL${index}"`)
      .join(" ")} "$NAME"`,
  );
}

/** Seconds in which the last task that has a volume has ended; a broker takes up to a minute. */
const RELEASE_TIMEOUT_SEC = 90;

/**
 * Removes the volume once no task has it. Swarm keeps the containers of tasks that have ended for a while, and they
 * hold the volume; no task will ever run in them again.
 */
function removeVolumeCommand(name: string, volumeLabels: Label[]): string {
  const ours = volumeLabels.map((_, index) => `--filter "label=$LABEL${index}"`).join(" ");
  return commandLine(
    { NAME: name, TIMEOUT: RELEASE_TIMEOUT_SEC, ...labelVariables(volumeLabels) },
    `
end=$(( $(date +%s) + TIMEOUT ))
for state in created exited dead; do ended="\${ended:-} --filter status=$state"; done
until
  docker ps --all --quiet --filter "volume=$NAME" $ended ${ours} | xargs -r docker rm >/dev/null
  said=$(docker volume rm --force "$NAME" 2>&1 >/dev/null)
do
  if [ "$(date +%s)" -ge "$end" ]; then echo "$said" >&2; exit 1; fi
  sleep 0.5
done`,
  );
}

function labelVariables(volumeLabels: Label[]): Record<string, string> {
  return Object.fromEntries(
    volumeLabels.map(({ label, value }, index) => [`LABEL${index}`, `${label}=${value}`]),
  );
}
