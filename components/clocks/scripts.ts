import type { ClockSettings } from "../../config/clocks.ts";
import { chronyPaths } from "../../lib/clocks/configs.ts";
import { KEEP, LIB, nodeFile, RUN, STATUS } from "../../lib/clocks/nodeFiles.ts";
import { commandLine, script, word } from "../../lib/shell.ts";
import { CHRONY, type ClockPlan } from "./plan.ts";

const FOLDERS = { LIB, RUN, KEEP, STATUS };

interface InstallArgs {
  node: string;
  address: string;
  /** Where absent, the one that has the address. */
  interface?: string | undefined;
  plan: ClockPlan;
  /** Another text when the machine was made anew, so that this runs again. */
  machine: string;
}

/** Puts the clock sync onto a node; prints the interface that it uses. */
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

/** Takes it off again: what was installed says how. A node that has none is left alone. */
export function removeCommand(): string {
  return commandLine({ LIB }, '[ ! -f "$LIB/remove" ] || sh "$LIB/remove"');
}

interface AwaitArgs {
  node: string;
  /** Name of the node whose clock is followed. */
  master: string;
  settings: Pick<ClockSettings, "kind" | "maxOffsetUs" | "timeoutSec">;
  /** Other texts when something was installed anew, so that this runs again. */
  marks: string[];
}

/** Waits until a node's clock is near enough; prints its state and offset. */
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
