import type { ClockSettings } from "../../config/clocks.ts";
import { chronyPaths } from "../../lib/clocks/configs.ts";
import { KEEP, LIB, nodeFile, RUN, STATUS } from "../../lib/clocks/nodeFiles.ts";
import { commandLine, script, word } from "../../lib/shell.ts";
import { CHRONY, type ClockPlan } from "./plan.ts";

const FOLDERS = { LIB, RUN, KEEP, STATUS };

interface InstallArgs {
  node: string;
  address: string;
  /** Network interface. @default the one with `address` */
  interface?: string;
  plan: ClockPlan;
  /** Changes when the machine was replaced, so that the script runs again. */
  machine: string;
}

/** Script that installs clock synchronisation on a node and prints the network interface it uses. */
export function installScript({ node, address, interface: name = "", plan, machine }: InstallArgs): string {
  const files = Object.entries(plan.files).map(([path, text]) => `write ${word(path)} ${word(text)}`);
  return script(
    {
      NODE: node,
      ADDRESS: address,
      INTERFACE: name,
      MACHINE: machine,
      KIND: plan.kind,
      ROLE: plan.role,
      ADJUST: plan.adjust ? "yes" : "no",
      DOMAIN: plan.domain,
      SERVICES: plan.services.join(" "),
      PACKAGES: plan.packages.join(" "),
      CHRONY: chronyPaths(CHRONY).socket,
      CHRONY_CONFIG: chronyPaths(CHRONY).config,
      ...FOLDERS,
    },
    `
umask 022
mkdir -p "$STATUS" "$KEEP" "$LIB"
write() { mkdir -p "\${1%/*}" && printf '%s' "$2" > "$1.new" && mv "$1.new" "$1"; }
${files.join("\n")}
${nodeFile("install.sh")}`,
  );
}

/** Command line that uninstalls clock synchronisation with the script left by its installation, if any. */
export function removeCommand(): string {
  return commandLine({ LIB }, '[ ! -f "$LIB/remove" ] || sh "$LIB/remove"');
}

interface AwaitArgs {
  node: string;
  /** Name of the node with the reference clock. */
  master: string;
  settings: Pick<ClockSettings, "kind" | "maxOffsetUs" | "timeoutSec">;
  /** Change after a new installation, so that the script runs again. */
  marks: string[];
}

/** Script that waits until a node's clock offset is within the bound, and prints its state and offset. */
export function awaitScript({ node, master, settings, marks }: AwaitArgs): string {
  return script(
    {
      NODE: node,
      MASTER: master,
      KIND: settings.kind,
      MAX_US: settings.maxOffsetUs,
      TIMEOUT: settings.timeoutSec,
      MARKS: marks.join(" "),
      STATUS,
      RUN,
    },
    nodeFile("await.sh"),
  );
}
