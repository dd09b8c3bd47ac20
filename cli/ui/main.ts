// The web interfaces of a stack, from this machine: nothing of a stack listens on an address that others could reach.
import type { Command } from "commander";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { interruption, Stopped } from "../lib/signals.ts";
import { stackOutputs } from "../lib/stackOutputs.ts";
import { step } from "../lib/steps.ts";
import { Link, lead, watch } from "./uiLinks.ts";
import { choosePorts, type StackOutputs, table, type Ui, uisOf } from "./uiPlan.ts";
import { isFree } from "./uiTunnel.ts";

interface Options {
  stack: string;
  print: boolean;
  showSecrets: boolean;
}

/** Opens the tunnels until Ctrl-C, or prints what there is. @returns the exit code */
export async function run(command: Command): Promise<number | undefined> {
  const { stack, print, showSecrets } = command.opts<Options>();
  const outputs = await step("ask Pulumi for the stack's outputs", () => stackOutputs<StackOutputs>(stack));
  const uis = uisOf(outputs, stack);
  const hide = !showSecrets && !process.stdout.isTTY;
  const passwordOf = ({ password }: Ui) => (hide ? "(--show-secrets)" : password);
  if (print) {
    const rows = uis.map((ui) => {
      const where = `${ui.scheme}://${ui.service}:${ui.port}`;
      return [ui.name, where, ui.node, ui.user, passwordOf(ui)];
    });
    console.log(table([["UI", "on the swarm's network", "node", "user", "password"], ...rows]));
    return EXIT.done;
  }
  await open(uis, stack, passwordOf);
  if (interruption() !== EXIT.interrupted) return undefined;
  console.log("closed");
  return EXIT.done; // Ctrl-C is how this ends, not a failure
}

function say(line: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

async function open(uis: Ui[], scenario: string, passwordOf: (ui: Ui) => string): Promise<void> {
  const ports = await choosePorts(uis, isFree);
  const links = uis.map((ui, index) => new Link(ui, ports[index] ?? ui.port));
  try {
    await step("open the tunnels", () => lead(links, () => {}));
    const troubles = links.flatMap(({ ui, trouble }) =>
      trouble === undefined ? [] : [`${ui.name} cannot be reached: ${trouble}`],
    );
    if (troubles.length === links.length) {
      const hint = `See what the stack lacks: pulumi up -s ${scenario}`;
      throw new SwarmbenchError("ui-unreachable", troubles.join("\n"), { hint });
    }
    const rows = links.map(({ ui, url }) => [ui.name, url, ui.user, passwordOf(ui)]);
    console.log(`\n${table([["UI", "URL", "user", "password"], ...rows])}\n`);
    for (const trouble of troubles) console.log(`${trouble}; it is tried again`);
    const bare = uis.filter(({ pages }) => pages === false).map(({ name }) => name);
    if (bare.length > 0) {
      console.log(
        `Without pages for a browser, since built from package registries: ${bare.join(", ")}. Their APIs answer.`,
      );
    }
    console.log("Ctrl-C closes the tunnels.");
    await watch(links, say);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    await Promise.all(links.map((link) => link.close()));
  }
}
