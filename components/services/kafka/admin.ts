import * as pulumi from "@pulumi/pulumi";
import { KAFKA_PORTS } from "../../../config/kafka/ports.ts";
import type { SecurityProtocol } from "../../../config/services/index.ts";
import { script } from "../../../lib/shell.ts";
import type { Node } from "../../lib/node.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { internalClientProperties } from "./config.ts";

/** Time limit for a new cluster to form its quorum and accept the settings. */
const TIMEOUT_SEC = 180;

interface AdminArgs {
  /** A broker in whose container Kafka's own tools run. */
  broker: string;
  /** The host by which the broker is reached. */
  host: string;
  /** The broker's node. */
  node: Node;
  security: SecurityProtocol;
  /** Default of `min.insync.replicas` for topics. */
  minInSyncReplicas: string;
  /** The user that clients log in as; undefined without authentication. */
  user?: { name: string; password: pulumi.Output<string> };
  /** Values that must be known first. When one of them changes, the settings are applied again. */
  after: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * Sets what a cluster keeps in its metadata instead of its servers' configuration, and which is therefore set at run
 * time:
 * - `min.insync.replicas`, which Kafka copies into the metadata when the cluster is created, and ignores in the
 *   configuration from then on (KIP-966);
 * - users with SCRAM passwords. The way of KIP-900 only works at creation and shows the password in process lists.
 */
export function setMetadata(
  name: string,
  args: AdminArgs,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { broker, host, node, user } = args;
  const text = pulumi.all([user?.password, node.ready, args.after]).apply(([password, ready, after]) =>
    metadataScript({
      broker,
      host,
      security: args.security,
      minInSyncReplicas: args.minInSyncReplicas,
      user: user?.name,
      password,
      marks: [ready, ...after].join(" "),
    }),
  );
  return outputOf(runOn(name, node.ssh, { script: text }, { ...options, deletedWith: node.machine }));
}

interface MetadataScript {
  broker: string;
  host: string;
  security: SecurityProtocol;
  minInSyncReplicas: string;
  user?: string;
  password?: string;
  marks: string;
}

/** A script for the broker's node that runs Kafka's tools in the broker's container, which has the keys of the internal listener. */
export function metadataScript({ user = "", password = "", ...args }: MetadataScript): string {
  return script(
    {
      SERVICE: args.broker,
      TIMEOUT: TIMEOUT_SEC,
      MARKS: args.marks,
      // Passed on standard input, so that neither arguments nor environment show them.
      INPUT: [args.minInSyncReplicas, user, password].join("\n"),
      INSIDE: insideScript(args.host, args.security),
    },
    `
end=$(( $(date +%s) + TIMEOUT ))
until
  container=$(docker ps --quiet --filter "label=com.docker.swarm.service.name=$SERVICE" | head -n 1)
  [ -n "$container" ] && output=$(printf '%s\\n' "$INPUT" | docker exec --interactive "$container" bash -c "$INSIDE" 2>&1)
do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "Kafka did not accept its settings within $TIMEOUT s. See on the manager: docker service logs $SERVICE" >&2
    # Kafka quotes input that it cannot parse, which may include the password.
    printf '%s\\n' "\${output:-$SERVICE has no task on this node}" | grep -vi password | tail -n 5 >&2
    exit 1
  fi
  sleep 1
done`,
  );
}

function insideScript(host: string, security: SecurityProtocol): string {
  return script(
    { SERVER: `${host}:${KAFKA_PORTS.internal}`, PROPERTIES: internalClientProperties(security) },
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
