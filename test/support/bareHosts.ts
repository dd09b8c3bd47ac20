import { copyFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { CAPABILITIES } from "../../components/nodes/local/localNode.ts";
import { eventually } from "./eventually.ts";
import { Lab, makeKey } from "./lab.ts";
import { manifest } from "./manifest.ts";

const READY_WITHIN_MS = 60_000;
/** A user with sudo on every host who is in no group that may use Docker. */
const USER = "tester";

/** A script that prints everything added to a host. The image lists its original packages; Docker's default networks do not count. */
const REMAINS = `
new=$(dpkg-query -W -f '\${Package}\\n' | sort | comm -13 /var/local/packages/at-first -)
if echo "$new" | grep -x docker.io; then :
else
  echo "$new" | sed '/./s/^/package /'
  ip -brief link | awk '/^(docker|br-|veth|vx)/ { print "link " $1 }'
fi
find / -xdev -name '*swarmbench*' ! -path /etc/swarmbench ! -path /etc/dpkg/dpkg.cfg.d/swarmbench
find /var/lib/docker -mindepth 1 -name '*swarmbench*'
! [ -e /etc/docker/daemon.json ] || echo "daemon.json $(tr -d '\\n ' < /etc/docker/daemon.json)"
id -nG ${USER} | grep -w docker || true
pgrep -af '/var/lib/[s]warmbench' || true
pgrep -a 'chronyd|ptpd|ptp4l' || true
cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == "0A" { split($2, at, ":"); print "listens " at[2] }' | sort -u | grep -E ' (0949|1388|1F0A)$' || true
if docker info >/dev/null 2>&1; then
  docker info --format '{{.Swarm.LocalNodeState}}' | sed '/^inactive$/d; s/^/swarm /'
  docker ps --all --format 'container {{.Names}}'
  docker volume ls --format 'volume {{.Name}}'
  docker network ls --format 'network {{.Name}}' | grep -vxE 'network (bridge|host|none)' || true
  docker images --format 'image {{.Repository}}'
fi`;

export interface BareHost {
  /** Its host name. */
  name: string;
  /** Name of its container. */
  container: string;
  /** Its address on the network for logins, which this machine has as well. */
  address: string;
  /** Its address on the network that only the hosts have. */
  lanAddress: string;
  /** Type and key. */
  hostKey: string;
}

/** Files from the image of local nodes. */
const AS_IN_NODES = [
  "usr/local/sbin/hand-cgroups-down",
  "usr/local/sbin/open-network-settings",
  "etc/node/sv/sshd/run",
];

function bareImage(lab: Lab, suite?: string): Promise<string> {
  const payload = Object.fromEntries(AS_IN_NODES.map((file) => [file, `images/node/rootfs/${file}`]));
  return lab.image("bare-host", "bare", payload, suite);
}

/** Containers that look like machines of a testbed: with SSH and sudo, without Docker. apt installs packages without downloads. */
export class BareHosts {
  readonly all: BareHost[] = [];

  private readonly lab: Lab;
  private readonly image: string;
  private readonly series: string;
  /** The private key that root and {@link USER} of every host accept. */
  readonly key: string;
  /** The Docker network over which this machine reaches them. */
  readonly network: string;

  private constructor(
    lab: Lab,
    image: string,
    series: string,
    /** The private key that root and {@link USER} of every host accept. */
    key: string,
    /** The Docker network over which this machine reaches them. */
    network: string,
  ) {
    this.lab = lab;
    this.image = image;
    this.series = series;
    this.key = key;
    this.network = network;
  }

  /**
   * @param series prefix of their host names: `bare-a` gives bare-a1, bare-a2, …
   * @param beside existing hosts; the new ones share their network and key
   * @param suite of Debian, such as trixie, whose Docker is installed. @default that of all other images
   * @param withDocker uses the image of local nodes: they run an engine already, and root is the only user
   */
  static async start(
    count: number,
    series = "bare-a",
    { beside, withDocker = false, suite }: { beside?: BareHosts; withDocker?: boolean; suite?: string } = {},
  ): Promise<BareHosts> {
    const lab = await Lab.create("bare");
    try {
      const image = withDocker ? await lab.installedImage("node") : await bareImage(lab, suite);
      const key = beside?.key ?? path.join(lab.folder("ssh"), "id_ed25519");
      const hosts = new BareHosts(lab, image, series, key, beside?.network ?? lab.name);
      if (!beside) {
        await makeKey(key);
        await lab.docker("network", "create", ...lab.labels, hosts.network);
      }
      await lab.docker("network", "create", "--internal", ...lab.labels, hosts.lan);
      await hosts.add(count);
      return hosts;
    } catch (error) {
      await lab.dispose();
      throw new Error(`the bare hosts do not start: ${(error as Error).message}`);
    }
  }

  get directory(): string {
    return this.lab.directory;
  }

  private get lan(): string {
    return `${this.lab.name}-lan`;
  }

  named(name: string): BareHost {
    const host = this.all.find((each) => each.name === name);
    if (!host) throw new Error(`no bare host ${name}`);
    return host;
  }

  /** Starts further hosts. */
  async add(count = 1): Promise<BareHost[]> {
    const names = Array.from({ length: count }, (_, index) => `${this.series}${this.all.length + index + 1}`);
    const added = await Promise.all(names.map((name) => this.host(name)));
    this.all.push(...added);
    return added;
  }

  private async host(name: string): Promise<BareHost> {
    const container = `${this.lab.name}-${name}`;
    const keys = this.lab.folder("hosts", name);
    const hostKey = await makeKey(path.join(keys, "ssh_host_ed25519_key"));
    copyFileSync(`${this.key}.pub`, path.join(keys, "authorized_keys"));
    await this.lab.docker("volume", "create", ...this.lab.labels, container);
    await this.lab.docker(
      ...["create", "--name", container, "--hostname", name, "--network", this.network, ...this.lab.labels],
      ...CAPABILITIES.flatMap((capability) => ["--cap-add", capability]),
      ...["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"],
      ...["--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--volume", `${container}:/var/lib/docker`],
      ...["--volume", `${keys}:/etc/swarmbench/ssh:ro`, this.image],
    );
    await this.lab.docker("network", "connect", this.lan, container);
    await this.lab.docker("start", container);
    const host = { name, container, hostKey, ...(await this.addresses(container)) };
    await eventually(() => this.inside(host, "test -s /run/sshd.pid").then(() => {}), READY_WITHIN_MS);
    return host;
  }

  private async addresses(container: string): Promise<Pick<BareHost, "address" | "lanAddress">> {
    const format = `{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{$network.IPAddress}}{{"\\n"}}{{end}}`;
    const text = await this.lab.docker("inspect", "--format", format, container);
    const addresses = new Map(text.split("\n").map((line) => line.split(" ") as [string, string]));
    return { address: addresses.get(this.network) ?? "", lanAddress: addresses.get(this.lan) ?? "" };
  }

  /** Runs a script on a host as root, without SSH. */
  inside(host: BareHost, script: string): Promise<string> {
    return this.lab.docker("exec", host.container, "sh", "-c", script);
  }

  /** Everything added to a host, such as Docker and swarmbench's files, one line each. */
  async remains(host: BareHost): Promise<string[]> {
    const text = await this.inside(host, REMAINS);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => `${host.name}: ${line}`);
  }

  /** `swarmbench:testbed` with these as its machines; the second one has a user with sudo. */
  ssh(count: number, more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      kind: "ssh",
      key: this.key,
      hosts: this.all.slice(0, count).map(({ address, hostKey }, index) => ({
        address,
        hostKey,
        ...(index === 1 ? { user: USER } : {}),
      })),
      ...more,
    };
  }

  /** `swarmbench:testbed` with a new manifest of the hosts, including the network that only they have. */
  rspec(count: number, more: Record<string, unknown> = {}): Record<string, unknown> {
    const file = path.join(this.directory, "manifest.rspec");
    writeFileSync(file, manifest(this.all.slice(0, count), USER));
    return {
      kind: "rspec",
      manifests: [file],
      user: USER,
      key: this.key,
      dataNetwork: "lan0",
      acceptNewHostKeys: true,
      ...more,
    };
  }

  dispose(): Promise<void> {
    return this.lab.dispose();
  }
}
