import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/settings.ts";
import { remoteDocker } from "../../lib/docker.ts";
import { exec } from "../../lib/exec.ts";
import { dockerHost, sshOptions, sshWords } from "../../lib/ssh.ts";
import { type DeploymentSwarm, NO_CONTEXT } from "../lib/deployment.ts";
import { replaceUnless } from "../lib/driftReplacement.ts";
import type { Node } from "../lib/node.ts";
import { labels, type Owner, removePreviousFirst } from "../lib/ownership.ts";
import { outputOf, runOn } from "../lib/remote.ts";
import {
  admitScript,
  drainCommand,
  initScript,
  inviteScript,
  joinScript,
  leaveCommand,
  leaveOverSshScript,
  removeEntriesCommand,
} from "./swarmScripts.ts";
import { evaluate, type SwarmState } from "./swarmState.ts";

/** Name of the overlay network that connects services and the benchmark. */
const OVERLAY = "bench";

interface SwarmArgs {
  /** The first is the manager. */
  nodes: [Node, ...Node[]];
  /** Deleting this resource removes all nodes without leaving the swarm first. */
  lifetime: pulumi.Resource;
  settings: Settings["swarm"];
  owner: Owner;
  /** State of the swarm before anything was declared. */
  state: SwarmState;
}

/** A Docker Swarm over a testbed's nodes, with role labels and an attachable overlay network. */
export class Swarm extends pulumi.ComponentResource implements DeploymentSwarm {
  readonly manager: Node;
  /** The swarm's id, known once the swarm is initialized on the manager. */
  readonly id: pulumi.Output<string>;
  /** The nodes' ids in the swarm, known once every node is ready and labelled. */
  readonly members: pulumi.Output<string[]>;
  /** Provider for resources of the swarm. Connects to the manager's engine over SSH. */
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
          initScript({ ...this.args.settings, node: name, address, machine: text }),
        ),
        replacement: this.replacement(this.manager),
      },
      { parent: this, deletedWith: machine },
    );
    return outputOf(init);
  }

  /**
   * Create order: invite (manager), join (worker), leave, admit (manager). A removed node is deleted in reverse order: `admit`
   * drains it, `leave` makes it leave the swarm, `invite` removes its entry on the manager.
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
        delete: removeEntriesCommand(node.hostname),
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
    // Separate from join because it also runs when the machine is deleted, and must succeed on a dead machine.
    const leave = new local.Command(
      `${node.name}-leave`,
      {
        delete: leaveOverSshScript(node.name, sshWords(node.ssh, leaveCommand())),
        logging: local.Logging.None,
      },
      { parent: this, deletedWith: this.args.lifetime, dependsOn: [join] },
    );
    // The token makes the output secret, but a node id is not a secret.
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
      // Only for the order of deletion: drain before leave.
      { parent: this, deletedWith: this.manager.machine, dependsOn },
    );
    return outputOf(admit);
  }

  private replacement(node: Node) {
    const membership = evaluate(node, this.args.state);
    if (membership.kind !== "broken") return replaceUnless(true);
    return membership.evict ? replaceUnless(false, membership.evict) : replaceUnless(false);
  }

  private managerProvider(name: string): docker.Provider {
    const { ssh } = this.manager;
    return new docker.Provider(
      `${name}-manager`,
      {
        // Depends on the swarm's id so that the provider is not used before the swarm exists.
        host: this.id.apply(() => dockerHost(ssh)),
        sshOpts: sshOptions(ssh),
        context: NO_CONTEXT,
        // The check would fail every preview and destroy with a dead manager, although neither needs the engine.
        disableDockerDaemonCheck: true,
      },
      { parent: this, deletedWith: this.manager.machine },
    );
  }

  private overlay(): docker.Network {
    const { mtu } = this.args.settings;
    return new docker.Network(
      OVERLAY,
      {
        name: OVERLAY,
        driver: "overlay",
        attachable: true,
        labels: labels(this.args.owner),
        // The MTU of the network below, from which Docker subtracts what VXLAN adds.
        options: mtu === undefined ? undefined : { "com.docker.network.driver.mtu": String(mtu) },
      },
      {
        parent: this,
        provider: this.provider,
        deletedWith: this.manager.machine,
        deleteBeforeReplace: true,
        // The provider could not delete it while services use it. The hook removes them and the network.
        retainOnDelete: true,
        // A manager that lost its data runs a new swarm without this network.
        replacementTrigger: this.id,
        hooks: removePreviousFirst("network", OVERLAY, this.args.owner, remoteDocker(this.manager.ssh, exec)),
      },
    );
  }
}
