import { LIB as CLOCK } from "../../../lib/clocks/nodeFiles.ts";
import { script, word } from "../../../lib/shell.ts";
import { asRoot, type SshEndpoint, sshArguments } from "../../../lib/ssh.ts";
import { jobBase, machineId } from "../../../testbeds/oar/names.ts";
import { OWNER_LABEL, type Owner, STACK_LABEL } from "../../lib/ownership.ts";
import { MARK } from "../../swarm/swarmScripts.ts";
import { AT_ONCE } from "./inspect.ts";
import { KEEP, LIB, nodeFile } from "./nodeFiles.ts";

/** Whose a machine is, as it is written there: one line, the same for one stack alone. */
export function ownerLine(owner: Owner): string {
  return `${jobBase(owner, machineId())} (${owner.directory})`;
}

interface CleanArgs {
  node: string;
  owner: Owner;
  ownerLine: string;
  registry: string;
  /** What it runs, without a tag. */
  registryImage: string;
  /** Also what we installed. */
  full: boolean;
}

function cleanParameters({
  node,
  owner,
  ownerLine: line,
  registry,
  registryImage,
  full,
}: CleanArgs): Record<string, string> {
  return {
    NODE: node,
    OWNER: line,
    KEEP,
    LIB,
    CLOCK,
    MARK,
    REGISTRY: registry,
    FULL: full ? "yes" : "no",
    REGISTRY_IMAGE: registryImage,
    STACK_LABEL: `${STACK_LABEL}=${owner.prefix}`,
    OWNER_LABEL: `${OWNER_LABEL}=${owner.directory}`,
  };
}

interface PrepareArgs extends CleanArgs {
  user: string;
  address: string;
  /** Its engine's configuration. */
  daemon: string;
}

/** Makes a bare machine a node; prints its engine's id and its own. */
export function prepareScript(args: PrepareArgs): string {
  const { user, address, daemon } = args;
  const cleaning = cleanParameters(args);
  return script(
    {
      ...cleaning,
      USER_NAME: user,
      ADDRESS: address,
      DAEMON: daemon,
      CLEAN: script(cleaning, nodeFile("clean.sh")),
    },
    nodeFile("prepare.sh"),
  );
}

/** How long a machine is tried that does not answer, before it is taken for gone. */
const PATIENCE_SEC = 20;

/**
 * A script of this machine that takes all that the stack made off its machines, some at a time. One that does not answer is told
 * of, and stops nothing: it may not be there any more. One that does not let us in is there, and fails.
 */
export function cleanAllScript(machines: readonly (CleanArgs & { ssh: SshEndpoint })[]): string {
  const calls = machines.map(({ ssh, ...args }, index) => {
    const words = [...sshArguments(ssh), asRoot(ssh, "sh -s")].map(word).join(" ");
    const call = `clean ${word(args.node)} ${word(script(cleanParameters(args), ""))} ${words}`;
    return `${call} & running="$running $!"${(index + 1) % AT_ONCE === 0 ? "\nreap" : ""}`;
  });
  return script(
    { BODY: nodeFile("clean.sh"), KEEP, PATIENCE: PATIENCE_SEC },
    `
clean() {
  node=$1
  parameters=$2
  shift 2
  log=$(mktemp)
  end=$(( $(date +%s) + PATIENCE ))
  while :; do
    : > "$log"
    status=0
    # 255 is ssh's own, and only what it says itself is in its log.
    printf '%s\n%s\n' "$parameters" "$BODY" | ssh -E "$log" "$@" || status=$?
    [ "$status" = 255 ] && [ -s "$log" ] && [ "$(date +%s)" -lt "$end" ] || break
    ! grep -qi 'host key\\|permission denied' "$log" || break
    sleep 1
  done
  said=$(tail -n 1 "$log")
  rm -f "$log"
  if [ "$status" = 255 ] && [ -n "$said" ]; then
    case $said in
      *[Hh]"ost key"* | *[Pp]"ermission denied"*) echo "$node: was not cleaned: $said" >&2; return 1 ;;
    esac
    echo "$node: does not answer ($said), and was not cleaned; where it is still there: sudo sh $KEEP/clean" >&2
    return 0
  fi
  return "$status"
}
failed=0
running=
reap() { for pid in $running; do wait "$pid" || failed=1; done; running=; }
${calls.join("\n")}
reap
exit "$failed"`,
  );
}
