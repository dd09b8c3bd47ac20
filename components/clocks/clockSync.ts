import * as pulumi from "@pulumi/pulumi";
import type { ClockSettings } from "../../config/clocks.ts";
import type { Node } from "../lib/node.ts";
import type { Owner } from "../lib/ownership.ts";
import { outputOf, runOn } from "../lib/remote.ts";
import { clockPlan } from "./plan.ts";
import { awaitScript, installScript, removeCommand } from "./scripts.ts";

interface ClockSyncArgs {
  /** The clock of the first node is the reference for the others. */
  nodes: [Node, ...Node[]];
  settings: ClockSettings;
  owner: Owner;
}

/**
 * Synchronises the clocks of nodes that have their own clock. On nodes that share a clock it only measures the offsets. With
 * every kind of synchronisation, each node updates `/var/lib/swarmbench/clock/status.json` at least every 15 s.
 */
export class ClockSync extends pulumi.ComponentResource {
  /** The same nodes, which become ready once the status folder exists: services mount it into their tasks. */
  readonly nodes: [Node, ...Node[]];
  /** One line per node with its state, known once every clock is within the offset bound. */
  readonly ready: pulumi.Output<string>;

  private readonly args: ClockSyncArgs;

  constructor(name: string, args: ClockSyncArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:clock:ClockSync", name, {}, options);
    this.args = args;

    const [master, ...others] = args.nodes;
    const first = this.install(master);
    const rest = others.map((node) => ({ node, installed: this.install(node) }));
    this.nodes = [after(master, first), ...rest.map(({ node, installed }) => after(node, installed))];
    const states = [
      this.await(master, [first]),
      ...rest.map(({ node, installed }) => this.await(node, [first, installed])),
    ];
    this.ready = pulumi.all(states).apply((lines) => lines.join("\n"));
    this.registerOutputs({ ready: this.ready });
  }

  /** Returns the output together with the machine's id, so that dependent resources run again on a replaced machine. */
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
        showProgress: true,
      },
      { parent: this, deletedWith: node.machine },
    );
    return pulumi.all([outputOf(install), node.ready]).apply((marks) => [plan.kind, ...marks].join(" "));
  }

  private await(node: Node, installed: pulumi.Output<string>[]): pulumi.Output<string> {
    const { settings, nodes } = this.args;
    const wait = runOn(
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
    return outputOf(wait).apply((state) => `${node.name} ${state}`);
  }
}

/** A node that becomes ready only after another output resolves. The text that identifies the machine stays. */
function after(node: Node, other: pulumi.Output<string>): Node {
  return { ...node, ready: pulumi.all([node.ready, other]).apply(([ready]) => ready) };
}
