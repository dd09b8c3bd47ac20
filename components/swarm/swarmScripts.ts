import { commandLine, script, word } from "../../lib/shell.ts";

/**
 * Where a node keeps the id of the swarm that we put it into. It lives and dies with the engine's data, and tells a
 * swarm that we made from one that was there before us, which we leave alone.
 */
export const MARK = "/var/lib/docker/swarmbench-swarm";

/** Sets `state`; an engine that has just started does not know yet whether its swarm will have it. */
const SWARM_STATE = `
swarm_state() { docker info --format '{{.Swarm.LocalNodeState}}'; }
state=$(swarm_state)
waited=0
while [ "$state" = pending ] && [ "$waited" -lt 30 ]; do
  sleep 1
  waited=$((waited + 1))
  state=$(swarm_state)
done`;

/** Sets `entries` to the ids under which the manager knows the node; fails where there is no manager to ask. */
const ENTRIES = `
roster=$(docker node ls --format '{{.Hostname}} {{.ID}}')
entries=$(printf '%s\\n' "$roster" | awk -v n="$NODE" '$1 == n { print $2 }')`;

const FOREIGN = `
foreign() {
  echo "$NODE is already in a swarm that this stack did not create; take it out with: docker swarm leave" >&2
  exit 1
}`;

/** On the manager: makes it the manager of a swarm unless it is one, and prints the swarm's id. */
export function initScript(p: {
  node: string;
  address: string;
  addressPool: string;
  machine: string;
}): string {
  return script(
    { NODE: p.node, ADDRESS: p.address, POOL: p.addressPool, MACHINE: p.machine, MARK },
    `${FOREIGN}
${SWARM_STATE}
if [ "$state" != inactive ]; then
  [ -f "$MARK" ] || foreign
  manager=$(docker info --format '{{.Swarm.ControlAvailable}}')
  # A manager has all that the swarm knows: it is never made to leave by us.
  if [ "$state" != active ] || [ "$manager" != true ]; then
    echo "$NODE should manage its swarm, but is $state there (manager: $manager). Run the same again in a while;" \
      "to give that swarm up, with all its services: docker swarm leave --force" >&2
    exit 1
  fi
fi
if [ "$state" = inactive ]; then
  mkdir -p "\${MARK%/*}" # the engine may keep its data elsewhere
  echo pending > "$MARK"
  docker swarm init --advertise-addr "$ADDRESS" --default-addr-pool "$POOL" >/dev/null # it prints the join token
fi
docker info --format '{{.Swarm.NodeID}}' > "$MARK.node"
id=$(docker info --format '{{.Swarm.Cluster.ID}}')
[ -n "$id" ] || { echo "the swarm on $NODE has no id" >&2; exit 1; }
echo "$id" > "$MARK"
echo "$id"`,
  );
}

/** On the manager: prints what a worker needs to join. The output is a secret. */
export function inviteScript(p: { node: string; swarmId: string }): string {
  return script({ NODE: p.node, SWARM: p.swarmId }, "docker swarm join-token --quiet worker");
}

/** On the manager, when a node has left: strikes it off the list. */
export function strikeOffCommand(node: string): string {
  return commandLine(
    { NODE: node },
    `
${ENTRIES}
for id in $entries; do
  docker node rm --force "$id"
done`,
  );
}

/** On a worker: joins the swarm unless it is in it already, leaving one that it was put into by us before. */
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
# Second argument: the id of a membership that the manager no longer honours.
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
  # Through the engine's API, because an argument of \`docker swarm join\` would show in every process list.
  body='{"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"%s","RemoteAddrs":["%s"],"JoinToken":"%s"}'
  # Its code comes last, since older ones of curl cannot both fail and say why.
  answer=$(printf "$body" "$ADDRESS" "$MANAGER" "$TOKEN" |
    curl --silent --show-error --write-out '%{http_code}' --unix-socket /var/run/docker.sock \
      --header 'Content-Type: application/json' --data @- http://docker/swarm/join)
  case $answer in
    *200) ;;
    # Docker's own retryUntil ends after 20 s, and not its attempt: a busy machine, or many that join at once.
    *'continue in the background'*)
      tries=60
      until [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = active ]; do
        [ "$tries" -gt 0 ] || { echo "$NODE has not joined the swarm of $MANAGER after 80 s: $answer" >&2; exit 1; }
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

/** On a worker that goes: leaves our swarm, and no other. A command line for that node. */
export function leaveCommand(): string {
  return commandLine(
    { MARK },
    `
[ -f "$MARK" ] || exit 0
if [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then
  # By hand it may have been put into another one since, which is not ours to leave.
  [ ! -f "$MARK.node" ] || [ "$(docker info --format '{{.Swarm.NodeID}}')" = "$(cat "$MARK.node")" ] || exit 0
  docker swarm leave --force
fi
rm -f "$MARK" "$MARK.node"`,
  );
}

/**
 * On the manager: waits until a node is ready, strikes off what is left of its earlier lives, labels it and lets it
 * take work.
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
    echo "$NODE joined the swarm, but the manager does not see it ready after $TIMEOUT s" >&2
    exit 1
  fi
  sleep 0.2
done
ID=$(docker node inspect --format '{{.ID}}' "$ID") # it may have been "self"
${ENTRIES}
for id in $entries; do
  [ "$id" = "$ID" ] || docker node rm --force "$id" >&2
done
docker node update ${labels.map((label) => `--label-add ${label}`).join(" ")} --availability active "$ID" >/dev/null
echo "$ID"`,
  );
}

/** On the manager: takes a node's work away and waits until it has none, or is not there to have any. */
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
      echo "$NODE still has tasks after $TIMEOUT s of draining; swarmbench:swarm.drainTimeout allows more" >&2
      exit 1
    fi
    sleep 0.2
  done
done`,
  );
}

/**
 * On this machine, when a node goes: has it leave the swarm. A node that does not answer need not: the manager strikes
 * it off anyway.
 *
 * @param ssh a shell's words that run {@link leaveCommand} there
 */
export function leaveOverSshScript(node: string, ssh: string): string {
  return script(
    { NODE: node },
    `
status=0
${ssh} || status=$?
# 255 is ssh's own: it could not connect.
[ "$status" != 255 ] || { echo "$NODE does not answer; the manager strikes it off all the same" >&2; exit 0; }
exit "$status"`,
  );
}
