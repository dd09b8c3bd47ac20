import { LIB as CLOCK } from "../../clocks/nodeFiles";
import { OWNER_LABEL, type Owner, STACK_LABEL } from "../../lib/ownership";
import { commandLine, script, word } from "../../lib/shell";
import { type SshEndpoint, sshWords } from "../../lib/ssh";
import { jobBase, machineId } from "../oar/names";
import { AT_ONCE, KEEP, LIB, MARK, nodeFile } from "./look";

/** Whose a machine is, as it is written there: one line, the same for one stack alone. */
export function ownerLine(owner: Owner): string {
  return `${jobBase(owner, machineId())} (${owner.directory})`;
}

export interface CleanArgs {
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
    ...{ NODE: node, OWNER: line, KEEP, LIB, CLOCK, MARK, REGISTRY: registry, FULL: full ? "yes" : "no" },
    REGISTRY_IMAGE: registryImage,
    STACK_LABEL: `${STACK_LABEL}=${owner.prefix}`,
    OWNER_LABEL: `${OWNER_LABEL}=${owner.directory}`,
  };
}

export interface PrepareArgs extends CleanArgs {
  user: string;
  address: string;
  /** Its engine's configuration. */
  daemon: string;
}

/** Makes a bare machine a node; prints its engine's id and its own. */
export function prepareScript(args: PrepareArgs): string {
  const { node, user, address, daemon, registry, registryImage, ownerLine: line } = args;
  return script(
    {
      ...{ NODE: node, USER_NAME: user, OWNER: line, KEEP, LIB, ADDRESS: address, REGISTRY: registry },
      ...{ REGISTRY_IMAGE: registryImage, DAEMON: daemon },
      CLEAN: script(cleanParameters(args), nodeFile("clean.sh")),
    },
    nodeFile("prepare.sh"),
  );
}

/**
 * On this machine: takes all that the stack made off its machines, some at a time. One that does not answer is told of, and
 * stops nothing: it may not be there any more.
 */
export function cleanAllScript(machines: readonly (CleanArgs & { ssh: SshEndpoint })[]): string {
  const lines = machines.map(({ ssh, ...args }) => {
    const there = commandLine(cleanParameters(args), nodeFile("clean.sh"));
    const missed = `${args.node}: does not answer, and was not cleaned; where it is still there: sudo sh ${KEEP}/clean`;
    return `${sshWords(ssh, there)} || { [ $? = 255 ] && echo ${word(missed)} >&2; }`;
  });
  return script(
    {},
    `
failed=0
running=
reap() { for pid in $running; do wait "$pid" || failed=1; done; running=; }
${lines
  .map((line, index) => `( ${line} ) & running="$running $!"${(index + 1) % AT_ONCE === 0 ? "; reap" : ""}`)
  .join("\n")}
reap
exit "$failed"`,
  );
}
