import * as pulumi from "@pulumi/pulumi";
import type { SecurityProtocol } from "../../../config/services/index.ts";
import { script } from "../../../lib/shell.ts";
import type { Node } from "../../lib/node.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { internalClientProperties, PORTS } from "./config.ts";

/** Seconds in which a new cluster has its quorum and answers. */
const TIMEOUT_SEC = 180;

interface AdminArgs {
  /** A broker, in whose container Kafka's own tools run, and its node. */
  broker: string;
  node: Node;
  security: SecurityProtocol;
  /** Least replicas in sync, for topics that do not say otherwise. */
  minInSyncReplicas: string;
  /** Whom clients log in as; none where they need not. */
  user?: { name: string; password: pulumi.Output<string> };
  /** What must be there first and, when it changes, makes this run again. */
  after: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * What of a cluster is not in its servers' configuration but in its metadata, and so is set while it runs:
 * - `min.insync.replicas`, which Kafka copies into the metadata when a cluster is made, and from then on ignores in the
 *   configuration (KIP-966);
 * - users with SCRAM passwords (KIP-900 makes them at that moment only, and shows the password in process lists).
 */
export function setMetadata(
  name: string,
  args: AdminArgs,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { broker, node, user } = args;
  const text = pulumi.all([user?.password, node.ready, args.after]).apply(([password, ready, after]) =>
    metadataScript({
      broker,
      security: args.security,
      minInSyncReplicas: args.minInSyncReplicas,
      ...(user && password ? { user: user.name, password } : {}),
      marks: [ready, ...after].join(" "),
    }),
  );
  return outputOf(runOn(name, node.ssh, { script: text }, { ...options, deletedWith: node.machine }));
}

interface MetadataScript {
  broker: string;
  security: SecurityProtocol;
  minInSyncReplicas: string;
  user?: string;
  password?: string;
  marks: string;
}

/** Runs within the broker's container, whose files have what the listener for brokers asks for. */
export function metadataScript({ user = "", password = "", ...args }: MetadataScript): string {
  return script(
    {
      SERVICE: args.broker,
      TIMEOUT: TIMEOUT_SEC,
      MARKS: args.marks,
      // Read line by line by what runs in the container: neither its arguments nor its environment show them.
      INPUT: [args.minInSyncReplicas, user, password].join("\n"),
      INSIDE: insideScript(args.broker, args.security),
    },
    `
end=$(( $(date +%s) + TIMEOUT ))
until
  container=$(docker ps --quiet --filter "label=com.docker.swarm.service.name=$SERVICE" | head -n 1)
  [ -n "$container" ] && said=$(printf '%s\\n' "$INPUT" | docker exec --interactive "$container" bash -c "$INSIDE" 2>&1)
do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "Kafka did not take its settings within $TIMEOUT s; on the manager see: docker service logs $SERVICE" >&2
    # Kafka quotes what it cannot read, and that may be the password.
    printf '%s\\n' "\${said:-$SERVICE has no task on this node}" | grep -vi password | tail -n 5 >&2
    exit 1
  fi
  sleep 1
done`,
  );
}

function insideScript(broker: string, security: SecurityProtocol): string {
  return script(
    { SERVER: `${broker}:${PORTS.internal}`, PROPERTIES: internalClientProperties(security) },
    `
umask 077
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
IFS= read -r min_in_sync
IFS= read -r user
IFS= read -r password
printf '%s' "$PROPERTIES" > "$dir/client"
printf 'SCRAM-SHA-512=iterations=8192,password=%s\\n' "$password" > "$dir/user"
alter() {
  timeout 30 kafka-tool kafka-configs --bootstrap-server "$SERVER" --command-config "$dir/client" --alter "$@"
}
alter --entity-type brokers --entity-default --add-config "min.insync.replicas=$min_in_sync"
[ -z "$user" ] || alter --entity-type users --entity-name "$user" --add-config-file "$dir/user"`,
  );
}
