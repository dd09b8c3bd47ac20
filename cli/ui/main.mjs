// The web interfaces of a stack, from this machine: nothing of a stack listens on an address that others could reach.
import { parseArgs } from "node:util";
import { main, Problem } from "../lib/problem.ts";
import { interruption, Stopped } from "../lib/signals.ts";
import { step } from "../lib/steps.ts";
import { pulumi } from "../setup/pulumiCli.ts";
import { Link, lead, watch } from "./uiLinks.mjs";
import { choosePorts, table, uisOf } from "./uiPlan.mjs";
import { isFree } from "./uiTunnel.mjs";

const HELP = `npm run ui [-- -s SCENARIO] [--print] [--show-secrets]

Opens an SSH tunnel from a port of 127.0.0.1 to each web interface of the stack (Grafana, InfluxDB, Portainer), and says
its URL, user and password. Follows an interface whose task is made anew. Ctrl-C closes all tunnels.
  -s, --stack SCENARIO  whose stack it is; default: local
  --print               only says what the stack has, and opens nothing
  --show-secrets        shows the passwords also where the output is no terminal`;

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        stack: { type: "string", short: "s", default: "local" },
        print: { type: "boolean", default: false },
        "show-secrets": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new Problem(error.message, HELP);
  }
}

/** @returns {Promise<object>} the stack's outputs, secrets in clear */
async function outputsOf(scenario) {
  const args = ["stack", "output", "--json", "--show-secrets", "--stack", scenario, "--non-interactive"];
  try {
    return JSON.parse(await step("ask Pulumi what the stack has", () => pulumi(args)));
  } catch (error) {
    if (!/no stack named/.test(error.message)) throw error;
    throw new Problem(
      `There is no stack ${scenario}.`,
      scenario === "local"
        ? "Make it: npm run demo"
        : `Make it: eval "$(npm run -s env)" && pulumi stack init ${scenario} && pulumi up -s ${scenario}`,
    );
  }
}

function say(line) {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

async function open(uis, scenario, passwordOf) {
  const ports = await choosePorts(uis, isFree);
  const links = uis.map((ui, index) => new Link(ui, ports[index]));
  const troubles = [];
  try {
    await step("open the tunnels", () => lead(links, () => {}));
    for (const { ui, trouble } of links) {
      if (trouble !== undefined) troubles.push(`${ui.name} cannot be reached: ${trouble}`);
    }
    if (troubles.length === links.length) {
      throw new Problem(troubles.join("\n"), `See what the stack lacks: pulumi up -s ${scenario}`);
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

await main(async () => {
  const { stack, print, help, "show-secrets": show } = readArguments();
  if (help) {
    console.log(HELP);
    return;
  }
  const uis = uisOf(await outputsOf(stack), stack);
  const hide = !show && !process.stdout.isTTY;
  const passwordOf = ({ password }) => (hide ? "(--show-secrets)" : password);
  if (print) {
    const rows = uis.map((ui) => [
      ...[ui.name, `${ui.scheme}://${ui.service}:${ui.port}`, ui.node, ui.user, passwordOf(ui)],
    ]);
    console.log(table([["UI", "on the swarm's network", "node", "user", "password"], ...rows]));
    return;
  }
  await open(uis, stack, passwordOf);
  if (interruption() === 130) {
    console.log("closed");
    process.exit(0); // Ctrl-C is how this ends, not a failure
  }
});
