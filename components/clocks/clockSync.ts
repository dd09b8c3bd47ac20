import * as pulumi from "@pulumi/pulumi";
import type { ClockSettings } from "../../config/clocks.ts";
import type { Node } from "../lib/node.ts";
import type { Owner } from "../lib/ownership.ts";
import { outputOf, runOn } from "../lib/remote.ts";
import { clockPlan } from "./plan.ts";
import { awaitScript, installScript, removeCommand } from "./scripts.ts";

interface ClockSyncArgs {
  /** The first is the one whose clock the others follow. */
  nodes: [Node, ...Node[]];
  settings: ClockSettings;
  owner: Owner;
}

/**
 * Keeps the nodes' clocks together, as far as a node's clock is its own; elsewhere only measures how far they seem to be
 * apart. Each node has, whatever the kind, `/var/lib/swarmbench/clock/status.json`, which is rewritten at least every 15 s.
 */
export class ClockSync extends pulumi.ComponentResource {
  /** The same nodes, ready once the folder of the status is there, which services show to their tasks. */
  readonly nodes: [Node, ...Node[]];
  /** Resolves, to a line for each node, once every clock is near enough to the first one. */
  readonly ready: pulumi.Output<string>;

  private readonly args: ClockSyncArgs;

  constructor(name: string, args: ClockSyncArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:clock:ClockSync", name, {}, options);
    this.args = args;

    const [master, ...others] = args.nodes;
    const first = this.install(master);
    const rest = others.map((node) => ({ node, installed: this.install(node) }));
    this.nodes = [after(master, first), ...rest.map(({ node, installed }) => after(node, installed))];
    const found = [
      this.await(master, [first]),
      ...rest.map(({ node, installed }) => this.await(node, [first, installed])),
    ];
    this.ready = pulumi.all(found).apply((lines) => lines.join("\n"));
    this.registerOutputs({ ready: this.ready });
  }

  /** Gives the machine's own mark beside what was printed, so that who takes it looks again when the machine is another. */
  private install(node: Node): pulumi.Output<string> {
    const { settings, owner, nodes } = this.args;
    const plan = clockPlan({
      settings,
      role: node === nodes[0] ? "master" : "slave",
      adjust: node.ownClock,
      master: nodes[0].address,
      prefix: owner.prefix,
    });
    const install = runOn(
      `${node.name}-clock`,
      node.ssh,
      {
        script: node.ready.apply((machine) =>
          installScript({ ...settings, node: node.name, address: node.address, plan, machine }),
        ),
        delete: removeCommand(),
      },
      { parent: this, deletedWith: node.machine },
    );
    return pulumi.all([outputOf(install), node.ready]).apply((marks) => [plan.kind, ...marks].join(" "));
  }

  private await(node: Node, installed: pulumi.Output<string>[]): pulumi.Output<string> {
    const { settings, nodes } = this.args;
    const near = runOn(
      `${node.name}-clock-near`,
      node.ssh,
      {
        script: pulumi
          .all(installed)
          .apply((marks) => awaitScript({ node: node.name, master: nodes[0].name, settings, marks })),
        showProgress: true,
      },
      { parent: this, deletedWith: node.machine },
    );
    return outputOf(near).apply((found) => `${node.name} ${found}`);
  }
}

/** A node that is ready only when something else is too; the text that tells machines apart stays. */
function after(node: Node, something: pulumi.Output<string>): Node {
  return { ...node, ready: pulumi.all([node.ready, something]).apply(([ready]) => ready) };
}
