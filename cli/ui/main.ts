// Opens the web UIs of a stack through SSH tunnels, because they listen on no address that others could reach.
import type { Command } from "commander";
import { EXIT, SwarmbenchError } from "../../contract/errors.ts";
import { interruption, Stopped } from "../lib/signals.ts";
import { stackOutputs } from "../lib/stackOutputs.ts";
import { step } from "../lib/steps.ts";
import { authorityNote, writeAuthority } from "./uiAuthority.ts";
import { connect, Link, watch } from "./uiLinks.ts";
import { choosePorts, type StackOutputs, table, type Ui, uisOf } from "./uiPlan.ts";
import { isFree } from "./uiTunnel.ts";

interface Options {
  stack: string;
  print: boolean;
  showSecrets: boolean;
}

/** Opens tunnels to the UIs until Ctrl-C, or only prints the UIs. @returns the exit code */
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
    for (const note of authorityNotes(uis, stack)) console.log(`\n${note}`);
    return EXIT.done;
  }
  await open(uis, stack, passwordOf);
  if (interruption() !== EXIT.interrupted) return undefined;
  console.log("closed");
  return EXIT.done; // Ctrl-C is the normal end of this command
}

/** Writes the UIs' certificate authorities to files. @returns how to use each @param urlOf the open tunnel of a UI */
function authorityNotes(
  uis: readonly Ui[],
  scenario: string,
  urlOf: (ui: Ui) => string | undefined = () => undefined,
): string[] {
  return uis.flatMap((ui) => {
    const file = writeAuthority(ui, scenario);
    return file === undefined ? [] : [authorityNote(ui, file, urlOf(ui))];
  });
}

function say(line: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

async function open(uis: Ui[], scenario: string, passwordOf: (ui: Ui) => string): Promise<void> {
  const ports = await choosePorts(uis, isFree);
  const links = uis.map((ui, index) => new Link(ui, ports[index] ?? ui.port));
  try {
    await step("open the tunnels", () => connect(links, () => {}));
    const warnings = links.flatMap(({ ui, warning }) =>
      warning === undefined ? [] : [`${ui.name} cannot be reached: ${warning}`],
    );
    if (warnings.length === links.length) {
      const hint = `See what the stack lacks: pulumi up -s ${scenario}`;
      throw new SwarmbenchError("ui-unreachable", warnings.join("\n"), { hint });
    }
    const rows = links.map(({ ui, url }) => [ui.name, url, ui.user, passwordOf(ui)]);
    console.log(`\n${table([["UI", "URL", "user", "password"], ...rows])}\n`);
    const urlOf = (ui: Ui) => links.find((link) => link.ui === ui)?.url;
    for (const note of authorityNotes(uis, scenario, urlOf)) console.log(`${note}\n`);
    for (const warning of warnings) console.log(`${warning}; retrying`);
    const withoutPages = uis.filter(({ pages }) => pages === false).map(({ name }) => name);
    if (withoutPages.length > 0) {
      console.log(`No web pages in this installation, only an API: ${withoutPages.join(", ")}.`);
    }
    console.log("Ctrl-C closes the tunnels.");
    await watch(links, say);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    await Promise.all(links.map((link) => link.close()));
  }
}
