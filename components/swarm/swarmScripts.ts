import { commandLine, script, word } from "../../lib/shell.ts";
import { tiedScript } from "../lib/tied.ts";

/**
 * File on a node with the id of the swarm that this program put it into. It is stored with the engine's data and lost with it.
 * A swarm without this file was not created by swarmbench and is never touched.
 */
export const MARK = "/var/lib/docker/swarmbench-swarm";

/** Sets `state`. Waits while it is `pending`: an engine that has just started is still connecting to its swarm. */
const SWARM_STATE = `
swarm_state() { docker info --format '{{.Swarm.LocalNodeState}}'; }
state=$(swarm_state)
waited=0
while [ "$state" = pending ] && [ "$waited" -lt 30 ]; do
  sleep 1
  waited=$((waited + 1))
  state=$(swarm_state)
done`;

/** Sets `entries` to the ids of the node in the manager's list. Fails if the manager does not answer. */
const ENTRIES = `
roster=$(docker node ls --format '{{.Hostname}} {{.ID}}')
entries=$(printf '%s\\n' "$roster" | awk -v n="$NODE" '$1 == n { print $2 }')`;

/** Defines a function that fails because the node is in a foreign swarm. */
const FOREIGN = `
foreign() {
  echo "$NODE is already in a swarm that this stack did not create; take it out with: docker swarm leave" >&2
  exit 1
}`;

/** Script for the manager: initializes a swarm unless it manages one already, and prints the swarm's id. */
export function initScript(p: {
  node: string;
  address: string;
  addressPool: string;
  /** UDP port of the overlay networks. A swarm keeps the one that it was initialized with. */
  dataPathPort: number;
  machine: string;
}): string {
  return script(
    { NODE: p.node, ADDRESS: p.address, POOL: p.addressPool, PORT: p.dataPathPort, MACHINE: p.machine, MARK },
    `${FOREIGN}
${SWARM_STATE}
if [ "$state" != inactive ]; then
  [ -f "$MARK" ] || foreign
  manager=$(docker info --format '{{.Swarm.ControlAvailable}}')
  # The manager holds the swarm's only state, so it never leaves automatically.
  if [ "$state" != active ] || [ "$manager" != true ]; then
    echo "$NODE must be the manager of its swarm, but its state is $state (manager: $manager). Run the command again in a" \
      "minute. To delete the swarm with all its services, run on $NODE: docker swarm leave --force" >&2
    exit 1
  fi
fi
if [ "$state" = inactive ]; then
  mkdir -p "\${MARK%/*}" # the engine's data may be in another folder
  echo pending > "$MARK"
  # It prints the join token.
  docker swarm init --advertise-addr "$ADDRESS" --default-addr-pool "$POOL" --data-path-port "$PORT" >/dev/null
else
  port=$(docker info --format '{{.Swarm.Cluster.DataPathPort}}')
  [ "$port" = "$PORT" ] || {
    echo "the swarm of $NODE uses UDP port $port for its overlay networks and cannot change it to $PORT: set" \
      "swarmbench:swarm.dataPathPort to $port, or destroy the stack first (pulumi destroy)" >&2
    exit 1
  }
fi
docker info --format '{{.Swarm.NodeID}}' > "$MARK.node"
id=$(docker info --format '{{.Swarm.Cluster.ID}}')
[ -n "$id" ] || { echo "the swarm on $NODE has no id" >&2; exit 1; }
echo "$id" > "$MARK"
echo "$id"`,
  );
}

/** Script for the manager: prints the join token for workers. The output is a secret. */
export function inviteScript(p: { node: string; swarmId: string }): string {
  return script({ NODE: p.node, SWARM: p.swarmId }, "docker swarm join-token --quiet worker");
}

/** Command line for the manager: removes the entries of a node that has left. */
export function removeEntriesCommand(node: string): string {
  return commandLine(
    { NODE: node },
    `
${ENTRIES}
for id in $entries; do
  docker node rm --force "$id"
done`,
  );
}

/** Script for a worker: joins the swarm unless it is a member. First leaves a previous swarm that this program put it into. */
export function joinScript(p: {
  node: string;
  address: string;
  manager: string;
  swarmId: string;
  token: string;
  machine: string;
}): string {
  return script(
    {
      NODE: p.node,
      ADDRESS: p.address,
      MANAGER: `${p.manager}:2377`,
      SWARM: p.swarmId,
      TOKEN: p.token,
      MACHINE: p.machine,
      MARK,
    },
    `${FOREIGN}
# Second argument: the node id of a membership that the manager no longer accepts.
evict=\${2:-}
${SWARM_STATE}
if [ "$state" != inactive ]; then
  [ -f "$MARK" ] || foreign
  if [ "$state" != active ] || [ "$(cat "$MARK")" != "$SWARM" ] ||
    [ "$(docker info --format '{{.Swarm.NodeID}}')" = "$evict" ]; then
    docker swarm leave --force >&2
    state=inactive
  fi
fi
if [ "$state" = inactive ]; then
  mkdir -p "\${MARK%/*}"
  echo "$SWARM" > "$MARK"
  # Through the engine's API, because arguments of \`docker swarm join\` are visible in process lists.
  body='{"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"%s","RemoteAddrs":["%s"],"JoinToken":"%s"}'
  # The status code comes last: older versions of curl cannot both fail and print the answer.
  answer=$(printf "$body" "$ADDRESS" "$MANAGER" "$TOKEN" |
    curl --silent --show-error --write-out '%{http_code}' --unix-socket /var/run/docker.sock \
      --header 'Content-Type: application/json' --data @- http://docker/swarm/join)
  case $answer in
    *200) ;;
    # Docker stops waiting after 20 s, but the join continues: the machine is busy, or many join at once.
    *'continue in the background'*)
      tries=60
      until [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = active ]; do
        [ "$tries" -gt 0 ] || { echo "timed out after 80 s waiting for $NODE to join the swarm of $MANAGER: $answer" >&2; exit 1; }
        tries=$((tries - 1))
        sleep 1
      done ;;
    *) echo "$NODE could not join the swarm of $MANAGER: $answer" >&2; exit 1 ;;
  esac
fi
id=$(docker info --format '{{.Swarm.NodeID}}')
echo "$id" > "$MARK.node"
echo "$id"`,
  );
}

/** Command line for a worker that is removed: leaves the swarm that this program put it into, and no other. */
export function leaveCommand(): string {
  return commandLine(
    { MARK },
    `
[ -f "$MARK" ] || exit 0
if [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then
  # Someone may have moved the node to another swarm since, which it must not leave.
  [ ! -f "$MARK.node" ] || [ "$(docker info --format '{{.Swarm.NodeID}}')" = "$(cat "$MARK.node")" ] || exit 0
  docker swarm leave --force
fi
rm -f "$MARK" "$MARK.node"`,
  );
}

/**
 * Script for the manager: waits until a node is ready, removes outdated entries of the same host name, sets the node's labels
 * and makes it available for tasks.
 */
export function admitScript(p: {
  node: string;
  nodeId: string;
  labels: Record<string, string>;
  machine: string;
}): string {
  const labels = Object.entries(p.labels).map(([name, value]) => word(`${name}=${value}`));
  return script(
    { NODE: p.node, ID: p.nodeId, MACHINE: p.machine, TIMEOUT: 60 },
    `
end=$(( $(date +%s) + TIMEOUT ))
until [ "$(docker node inspect --format '{{.Status.State}}' "$ID" 2>/dev/null)" = ready ]; do
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "$NODE joined the swarm, but the manager did not report it as ready within $TIMEOUT s" >&2
    exit 1
  fi
  sleep 0.2
done
ID=$(docker node inspect --format '{{.ID}}' "$ID") # resolves "self"
${ENTRIES}
for id in $entries; do
  [ "$id" = "$ID" ] || docker node rm --force "$id" >&2
done
docker node update ${labels.map((label) => `--label-add ${label}`).join(" ")} --availability active "$ID" >/dev/null
echo "$ID"`,
  );
}

/** Command line for the manager: drains a node and waits until it runs no tasks or is down. */
export function drainCommand(node: string, timeoutSec: number): string {
  return commandLine(
    { NODE: node, TIMEOUT: Math.ceil(timeoutSec) },
    `
end=$(( $(date +%s) + TIMEOUT ))
${ENTRIES}
for id in $entries; do
  docker node update --availability drain "$id" >/dev/null
  while [ "$(docker node inspect --format '{{.Status.State}}' "$id")" = ready ] &&
    docker node ps --format '{{.CurrentState}}' "$id" | grep -q '^Running'; do
    if [ "$(date +%s)" -ge "$end" ]; then
      echo "$NODE still has tasks after $TIMEOUT s of draining; increase swarmbench:swarm.drainTimeout" >&2
      exit 1
    fi
    sleep 0.2
  done
done`,
  );
}

/**
 * Script for the local machine: makes a node leave the swarm. Succeeds if the node does not answer, because the manager removes
 * its entry anyway.
 *
 * @param ssh shell words that run {@link leaveCommand} on the node
 */
export function leaveOverSshScript(node: string, ssh: string): string {
  return tiedScript(
    { NODE: node },
    `
status=0
${ssh} || status=$?
# 255 is ssh's own exit status: it could not connect.
[ "$status" != 255 ] || { echo "$NODE does not answer; the manager removes its entry anyway" >&2; exit 0; }
exit "$status"`,
  );
}
