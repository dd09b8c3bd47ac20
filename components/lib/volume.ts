import type * as pulumi from "@pulumi/pulumi";
import type { Node } from "../testbed/testbed";
import { labels } from "./ownership";
import { outputOf, runOn } from "./remote";
import { commandLine, script } from "./shell";
import type { Site } from "./site";

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
    `${name}-volume`,
    node.ssh,
    {
      script: node.ready.apply((ready) => createVolumeScript(name, ready, labels(site.owner))),
      delete: removeVolumeCommand(name),
    },
    { parent, deletedWith: node.machine },
  );
  return outputOf(volume);
}

/** Makes the volume unless it is there, and prints its name. `ready` is in it so that a new machine is looked at. */
export function createVolumeScript(
  name: string,
  ready: string,
  volumeLabels: { label: string; value: string }[],
): string {
  const options = volumeLabels.map((_, index) => `--label "$LABEL${index}"`).join(" ");
  const parameters = Object.fromEntries(
    volumeLabels.map(({ label, value }, index) => [`LABEL${index}`, `${label}=${value}`]),
  );
  return script(
    { NAME: name, READY: ready, ...parameters },
    `docker volume inspect --format '{{.Name}}' "$NAME" 2>/dev/null || docker volume create ${options} "$NAME"`,
  );
}

/** Seconds in which the last container that has a volume is gone, once its service is. */
const RELEASE_TIMEOUT_SEC = 30;

function removeVolumeCommand(name: string): string {
  return commandLine(
    { NAME: name, TIMEOUT: RELEASE_TIMEOUT_SEC },
    `
end=$(( $(date +%s) + TIMEOUT ))
until docker volume rm --force "$NAME" >/dev/null 2>/tmp/volume-rm-$$; do
  if [ "$(date +%s)" -ge "$end" ]; then cat /tmp/volume-rm-$$ >&2; rm -f /tmp/volume-rm-$$; exit 1; fi
  sleep 0.5
done
rm -f /tmp/volume-rm-$$`,
  );
}
