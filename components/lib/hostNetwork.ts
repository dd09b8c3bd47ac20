import * as pulumi from "@pulumi/pulumi";
import { script } from "../../lib/shell.ts";
import type { Deployment } from "./deployment.ts";
import { labels } from "./ownership.ts";
import { outputOf, runOn } from "./remote.ts";

/**
 * Looks up the id that the nodes' own network (`host`) has in the swarm. By its name, a service would be replaced at every `up`.
 */
export function hostNetworkId(
  { swarm, owner, images }: Pick<Deployment, "swarm" | "owner" | "images">,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const found = runOn(
    "host-network",
    swarm.manager.ssh,
    {
      script: pulumi
        .all([swarm.id, images.ref("bench")])
        .apply(([swarmId, image]) => hostNetworkScript({ swarmId, image, labels: labels(owner) })),
    },
    { ...options, deletedWith: swarm.manager.machine },
  );
  return outputOf(found);
}

interface HostNetwork {
  /** Changes the script, so that it runs again in a new swarm, where the id differs. */
  swarmId: string;
  /** Any image: no task is started. */
  image: string;
  labels: { label: string; value: string }[];
}

/**
 * Prints the id that the nodes' own network (`host`) has in the swarm. No Docker command lists it, so the script reads it from a
 * service without tasks, which it removes.
 */
export function hostNetworkScript({ swarmId, image, labels }: HostNetwork): string {
  const values: Record<string, string> = { SWARM: swarmId, IMAGE: image };
  labels.forEach(({ label, value }, index) => {
    values[`LABEL${index}`] = `${label}=${value}`;
  });
  const flags = labels.map((_, index) => `--label "$LABEL${index}"`).join(" ");
  return script(
    values,
    `
service=$(docker service create --quiet --detach --no-resolve-image --endpoint-mode dnsrr --replicas 0 --network host ${flags} "$IMAGE")
trap 'docker service rm "$service" >/dev/null' EXIT
id=$(docker service inspect --format '{{range .Spec.TaskTemplate.Networks}}{{.Target}}{{end}}' "$service")
[ -n "$id" ] || { echo "swarm $SWARM does not know the nodes' own network" >&2; exit 1; }
echo "$id"`,
  );
}
