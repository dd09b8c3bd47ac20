import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/settings.ts";
import { remoteDocker } from "../../lib/docker.ts";
import { exec } from "../../lib/exec.ts";
import { dockerHost, sshOptions, sshWords } from "../../lib/ssh.ts";
import type { TargetSwarm } from "../lib/deployment.ts";
import { replaceUnless } from "../lib/driftReplacement.ts";
import type { Node } from "../lib/node.ts";
import { labels, type Owner, removeLeftoverFirst } from "../lib/ownership.ts";
import { outputOf, runOn } from "../lib/remote.ts";
import {
  admitScript,
  drainCommand,
  initScript,
  inviteScript,
  joinScript,
  leaveCommand,
  leaveOverSshScript,
  strikeOffCommand,
} from "./swarmScripts.ts";
import { evaluate, type SwarmState } from "./swarmState.ts";

/** Name of the overlay network on which services and the bench meet. */
const OVERLAY = "bench";

interface SwarmArgs {
  /** The first is the manager. */
  nodes: [Node, ...Node[]];
  /** When this is deleted, all nodes go, and none is told to leave the swarm first. */
  lifetime: pulumi.Resource;
  settings: Settings["swarm"];
  owner: Owner;
  /** What was seen of the swarm before anything was declared. */
  state: SwarmState;
}

/** A Docker Swarm over a testbed's nodes, with role labels and an attachable overlay network. */
export class Swarm extends pulumi.ComponentResource implements TargetSwarm {
  readonly manager: Node;
  /** The swarm's id, once the manager runs it. */
  readonly id: pulumi.Output<string>;
  /** Resolves, to the nodes' ids, once every node is ready and labelled. */
  readonly members: pulumi.Output<string[]>;
  /** For resources of the swarm: talks to the manager's engine over SSH. */
  readonly provider: docker.Provider;
  readonly network: docker.Network;

  private readonly args: SwarmArgs;

  constructor(name: string, args: SwarmArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:swarm:Swarm", name, {}, options);
    this.args = args;

    const [manager, ...workers] = args.nodes;
    this.manager = manager;
    this.id = this.init();
    this.provider = this.managerProvider(name);
    const admissions = [this.admit(manager, this.id), ...workers.map((node) => this.join(node))];
    this.members = pulumi.all(admissions);
    this.network = this.overlay();
    this.registerOutputs({ id: this.id, members: this.members, network: this.network.name });
  }

  private init(): pulumi.Output<string> {
    const { name, address, ready, ssh, machine } = this.manager;
    const init = runOn(
      `${name}-init`,
      ssh,
      {
        script: ready.apply((text) =>
          initScript({ node: name, address, addressPool: this.args.settings.addressPool, machine: text }),
        ),
        replacement: this.replacement(this.manager),
      },
      { parent: this, deletedWith: machine },
    );
    return outputOf(init);
  }

  /**
   * invite (manager) -> join (worker) -> leave -> admit (manager). A node that goes is deleted in the reverse order:
   * admit drains it, leave has it leave, invite strikes it off the manager's list.
   */
  private join(node: Node): pulumi.Output<string> {
    const { manager, id } = this;
    const onManager = { parent: this, deletedWith: manager.machine };
    const invite = runOn(
      `${node.name}-invite`,
      manager.ssh,
      {
        script: id.apply((swarmId) => inviteScript({ node: node.name, swarmId })),
        replacement: this.replacement(node),
        delete: strikeOffCommand(node.hostname),
        secretOutput: true,
      },
      onManager,
    );
    const join = runOn(
      `${node.name}-join`,
      node.ssh,
      {
        script: pulumi.all([id, outputOf(invite), node.ready]).apply(([swarmId, token, machine]) =>
          joinScript({
            node: node.name,
            address: node.address,
            manager: manager.address,
            swarmId,
            token,
            machine,
          }),
        ),
        replacement: this.replacement(node),
      },
      { parent: this, deletedWith: node.machine },
    );
    // Not a part of join, because it is run when the machine is deleted too, and must not fail where that is dead.
    const leave = new local.Command(
      `${node.name}-leave`,
      {
        delete: leaveOverSshScript(node.name, sshWords(node.ssh, leaveCommand())),
        logging: local.Logging.None,
      },
      { parent: this, deletedWith: this.args.lifetime, dependsOn: [join] },
    );
    // The token made the join's output secret; a node's id is none.
    return this.admit(node, pulumi.unsecret(outputOf(join)), [leave]);
  }

  private admit(
    node: Node,
    joined: pulumi.Output<string>,
    dependsOn: pulumi.Resource[] = [],
  ): pulumi.Output<string> {
    const isManager = node === this.manager;
    const admit = runOn(
      `${node.name}-admit`,
      this.manager.ssh,
      {
        script: pulumi.all([joined, node.ready, this.manager.ready]).apply(([nodeId, ...machines]) =>
          admitScript({
            node: node.hostname,
            labels: { ...node.labels, role: node.role },
            nodeId: isManager ? "self" : nodeId,
            machine: machines.join(" "),
          }),
        ),
        replacement: this.replacement(node),
        delete: isManager ? undefined : drainCommand(node.hostname, this.args.settings.drainTimeoutSec),
      },
      // For the order of deletion alone: drained before it leaves.
      { parent: this, deletedWith: this.manager.machine, dependsOn },
    );
    return outputOf(admit);
  }

  private replacement(node: Node) {
    const membership = evaluate(node, this.args.state);
    if (membership.kind !== "broken") return replaceUnless(true);
    return replaceUnless(false, ...(membership.evict ? [membership.evict] : []));
  }

  private managerProvider(name: string): docker.Provider {
    const { ssh } = this.manager;
    return new docker.Provider(
      `${name}-manager`,
      {
        // Through the swarm's id, so that the provider is not used before the manager runs the swarm.
        host: this.id.apply(() => dockerHost(ssh)),
        sshOpts: sshOptions(ssh),
        // Else a dead manager would fail every preview and destroy, where nothing of it is needed.
        disableDockerDaemonCheck: true,
      },
      { parent: this, deletedWith: this.manager.machine },
    );
  }

  private overlay(): docker.Network {
    return new docker.Network(
      OVERLAY,
      { name: OVERLAY, driver: "overlay", attachable: true, labels: labels(this.args.owner) },
      {
        parent: this,
        provider: this.provider,
        deletedWith: this.manager.machine,
        deleteBeforeReplace: true,
        // A manager that lost its data runs another swarm, in which there is no such network.
        replacementTrigger: this.id,
        hooks: removeLeftoverFirst("network", OVERLAY, this.args.owner, remoteDocker(this.manager.ssh, exec)),
      },
    );
  }
}
