import { APT } from "../../../lib/apt.ts";
import { LIB as CLOCK } from "../../../lib/clocks/nodeFiles.ts";
import { script, word } from "../../../lib/shell.ts";
import { asRoot, type SshEndpoint, sshArguments } from "../../../lib/ssh.ts";
import { jobBase, machineId } from "../../../testbeds/oar/names.ts";
import { OWNER_LABEL, type Owner, STACK_LABEL } from "../../lib/ownership.ts";
import { tiedScript } from "../../lib/tied.ts";
import { MARK } from "../../swarm/swarmScripts.ts";
import { CONCURRENCY } from "./inspect.ts";
import { KEEP, LIB, nodeFile } from "./nodeFiles.ts";

/** Shell text that cleans a machine. */
const CLEAN = `${APT}\n${nodeFile("clean.sh")}`;

/** One line that identifies a stack as the owner of a machine. It is stored on the machine and is unique for the stack. */
export function ownerLine(owner: Owner): string {
  return `${jobBase(owner, machineId())} (${owner.directory})`;
}

interface CleanArgs {
  node: string;
  owner: Owner;
  ownerLine: string;
  registry: string;
  /** Image of the registry, without a tag. */
  registryImage: string;
  /** Whether to remove packages that swarmbench installed too. */
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
  /** Text of the engine's configuration file. */
  daemon: string;
}

/** Script that prepares a machine as a node, and prints the ids of its engine and of the machine. */
export function prepareScript(args: PrepareArgs): string {
  const { user, address, daemon } = args;
  const parameters = cleanParameters(args);
  return script(
    {
      ...parameters,
      USER_NAME: user,
      ADDRESS: address,
      DAEMON: daemon,
      CLEAN: script(parameters, CLEAN),
    },
    `${APT}\n${nodeFile("prepare.sh")}`,
  );
}

/** Seconds to retry a machine that does not answer before it counts as gone. */
const RETRY_SEC = 20;

/**
 * A script for the local machine that removes everything the stack created on its machines, with limited concurrency. A machine
 * that does not answer causes a warning only, since it may no longer exist. A machine that rejects the login causes an error.
 */
export function cleanAllScript(machines: readonly (CleanArgs & { ssh: SshEndpoint })[]): string {
  const calls = machines.map(({ ssh, ...args }, index) => {
    const words = [...sshArguments(ssh), asRoot(ssh, "sh -s")].map(word).join(" ");
    const call = `clean ${word(args.node)} ${word(script(cleanParameters(args), ""))} ${words}`;
    return `${call} & running="$running $!"${(index + 1) % CONCURRENCY === 0 ? "\nreap" : ""}`;
  });
  return tiedScript(
    { BODY: CLEAN, KEEP, RETRY_SEC },
    `
clean() {
  node=$1
  parameters=$2
  shift 2
  log=$(mktemp)
  end=$(( $(date +%s) + RETRY_SEC ))
  while :; do
    : > "$log"
    status=0
    # 255 is ssh's own exit status, and the log has only ssh's own messages.
    printf '%s\n%s\n' "$parameters" "$BODY" | ssh -E "$log" "$@" || status=$?
    [ "$status" = 255 ] && [ -s "$log" ] && [ "$(date +%s)" -lt "$end" ] || break
    ! grep -qi 'host key\\|permission denied' "$log" || break
    sleep 1
  done
  error=$(tail -n 1 "$log")
  rm -f "$log"
  if [ "$status" = 255 ] && [ -n "$error" ]; then
    case $error in
      *[Hh]"ost key"* | *[Pp]"ermission denied"*) echo "$node: was not cleaned: $error" >&2; return 1 ;;
    esac
    echo "$node: does not answer ($error) and was not cleaned; if the machine still exists, run there: sudo sh $KEEP/clean" >&2
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
