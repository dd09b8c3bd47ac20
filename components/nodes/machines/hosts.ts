import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { HostsSettings } from "../../../config/testbed/machines.ts";
import type { SshEndpoint } from "../../../lib/ssh.ts";
import { replaceUnless } from "../../lib/driftReplacement.ts";
import type { Node, Testbed } from "../../lib/node.ts";
import type { Owner } from "../../lib/ownership.ts";
import { outputOf, runOn } from "../../lib/remote.ts";
import { daemonConfig } from "./daemon.ts";
import type { Host } from "./host.ts";
import { AT_ONCE } from "./inspect.ts";
import type { Report } from "./report.ts";
import { cleanAllScript, prepareScript } from "./scripts.ts";

/** A machine that was looked at, and that nothing stands in the way of. */
export interface GoodHost {
  host: Host;
  ssh: SshEndpoint;
  address: string;
  /** Absent where there is no machine yet: in the preview of a reservation. */
  report?: Report;
}

interface HostsArgs {
  /** The first is the manager. */
  hosts: [GoodHost, ...GoodHost[]];
  settings: HostsSettings;
  owner: Owner;
  /** Whose the machines are, as it is written there. */
  ownerLine: string;
  registryPort: number;
  /** What the registry runs, without a tag. */
  registryImage: string;
  /** What must be there before the machines are, and be given back after them. */
  after?: pulumi.Resource[];
}

/** Machines that are there already, made nodes: Docker installed and set up where it is missing. */
export class HostsTestbed extends pulumi.ComponentResource implements Testbed {
  readonly nodes: [Node, ...Node[]];
  readonly lifetime: pulumi.Resource;
  private readonly prepared: pulumi.Resource[] = [];
  private readonly cleaners: pulumi.Resource[] = [];

  private readonly args: HostsArgs;

  constructor(name: string, args: HostsArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:testbed:Hosts", name, {}, options);
    this.args = args;

    const { hosts, after = [] } = args;
    // Deleting this takes off all machines what is ours, whatever Pulumi knows of it: what a crash left as well. The rest need
    // not be deleted one by one, and no dead machine stops a destroy.
    this.lifetime = this.cleaner(`${name}-lifetime`, hosts, { dependsOn: after });
    const [manager, ...workers] = hosts;
    this.nodes = [this.node(manager), ...workers.map((host) => this.node(host))];
    this.registerOutputs({ nodes: this.nodes.map((node) => ({ name: node.name, address: node.address })) });
  }

  private cleaner(name: string, hosts: readonly GoodHost[], options: pulumi.CustomResourceOptions) {
    const script = cleanAllScript(hosts.map(({ host, ssh }) => ({ ...this.cleaning(host.node.name), ssh })));
    // Through standard input: one argument takes 128 KiB at most.
    const command = new local.Command(
      name,
      {
        delete: "exec sh -s",
        stdin: script,
        interpreter: ["/bin/sh", "-c"],
        logging: local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      { parent: this, ...options },
    );
    this.cleaners.push(command);
    return command;
  }

  private cleaning(node: string) {
    const { owner, ownerLine, settings, registryImage } = this.args;
    const full = settings.cleanup === "full";
    return { node, owner, ownerLine, registry: this.registry, registryImage, full };
  }

  private get registry(): string {
    return `${this.args.hosts[0].address}:${this.args.registryPort}`;
  }

  private node(good: GoodHost): Node {
    const { host, ssh, address, report } = good;
    const { name, role, labels = {} } = host.node;
    // Before anything is done there, there must be who undoes it.
    // So many at once, and the next ones after them: a gateway drops what is too much. And a machine that is given back is
    // cleaned before. Not deleted with all the others: they may have been told of already that it goes, when an `up` failed.
    const machine = this.cleaner(`${name}-machine`, [good], {
      dependsOn: [this.lifetime, ...(this.args.after ?? []), ...this.cleaners.slice(-AT_ONCE).slice(0, 1)],
    });
    const before = this.prepared[this.prepared.length - AT_ONCE];
    const ready = runOn(
      `${name}-prepared`,
      ssh,
      {
        script: this.preparing(good),
        replacement: replaceUnless(report?.owner !== undefined && report.engine !== undefined),
        showProgress: true,
      },
      { parent: this, deletedWith: machine, dependsOn: [machine, ...(before ? [before] : [])] },
    );
    this.prepared.push(ready);
    return {
      name,
      role,
      labels,
      address,
      ssh,
      machine,
      hostname: report?.hostname ?? name,
      ownClock: report?.setsClock === "yes",
      ready: outputOf(ready),
    };
  }

  private preparing(good: GoodHost): string {
    const { host, address, report } = good;
    const ours = report?.docker === undefined || report.installed !== undefined;
    const { addressPool } = this.args.settings;
    return prepareScript({
      ...this.cleaning(host.node.name),
      user: userOf(good),
      address,
      daemon: daemonConfig({ before: report?.daemon, ours, addressPool, registry: this.registry }),
    });
  }
}

/** Whose login it is. Where only a file of ssh knows it, whoever is not root needs nothing that root would. */
function userOf({ host, report }: GoodHost): string {
  return host.way.user ?? report?.user ?? "root";
}
