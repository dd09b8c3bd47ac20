import { copyFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import type { BareHosts } from "./bareHosts.ts";
import { eventually } from "./eventually.ts";
import { Lab, makeKey } from "./lab.ts";

const READY_WITHIN_MS = 60_000;

interface OarOptions {
  /** The nodes, if they are machines; jobs must then be of type `deploy`. */
  hosts?: BareHosts;
  /** Suite of Debian whose OAR it is: 2.5.9 of bookworm, 2.6.1 of trixie. @default that of all other images */
  suite?: string;
}

/**
 * A real OAR in a container: server, database, frontend with SSH and REST API, both on loopback ports of this machine.
 * Its nodes are names for the container's own loopback addresses, or bare hosts.
 */
export class OarLab {
  private ports = { ssh: 0, rest: 0 };
  private hostKey = "";
  /** Shell commands that run after oarsub, by the job's name. */
  private readonly afterOarsub = new Map<string, string>();

  private readonly lab: Lab;
  private readonly hosts: BareHosts | undefined;

  private constructor(lab: Lab, hosts: BareHosts | undefined) {
    this.lab = lab;
    this.hosts = hosts;
  }

  get directory(): string {
    return this.lab.directory;
  }

  get name(): string {
    return this.lab.name;
  }

  static async start(
    nodes: readonly string[],
    users: readonly string[],
    { hosts, suite }: OarOptions = {},
  ): Promise<OarLab> {
    const lab = new OarLab(await Lab.create("oar"), hosts);
    try {
      await lab.makeKeys();
      await lab.startContainer(nodes, users, suite);
      await eventually(async () => {
        const alive = (await lab.inside("oarnodes -s")).match(/: Alive/g)?.length ?? 0;
        if (alive !== nodes.length) throw new Error(`${alive} of ${nodes.length} nodes are alive`);
        await lab.shell(users[0] ?? "", "true");
      }, READY_WITHIN_MS);
    } catch (error) {
      const log = await lab.docker("logs", "--tail", "30", lab.name).catch(() => "");
      await lab.dispose();
      throw new Error(`the OAR lab does not start: ${(error as Error).message}\n${log}`);
    }
    return lab;
  }

  /** One key for the frontend and for the nodes, as most users have it. */
  private get key(): string {
    return this.hosts?.key ?? path.join(this.directory, "ssh/id_ed25519");
  }

  private async makeKeys(): Promise<void> {
    const inside = this.lab.folder("ssh/container");
    if (!this.hosts) await makeKey(this.key);
    this.hostKey = await makeKey(path.join(inside, "ssh_host_ed25519_key"));
    copyFileSync(`${this.key}.pub`, path.join(inside, "authorized_keys"));
  }

  private async startContainer(nodes: readonly string[], users: readonly string[], suite?: string) {
    const address = (node: string, index: number) =>
      this.hosts?.named(node).address ?? `127.0.1.${index + 1}`;
    await this.docker(
      ...["run", "--detach", "--name", this.name, "--hostname", "frontend", ...this.lab.labels],
      ...nodes.flatMap((node, index) => ["--add-host", `${node}:${address(node, index)}`]),
      ...(this.hosts ? ["--network", this.hosts.network] : []),
      ...["--publish", "127.0.0.1::22", "--publish", "127.0.0.1::6668"],
      // OAR resets the priority of each job's shell, which belongs to another user. Where it may not, 2.6 fails the job.
      ...["--cap-add", "SYS_NICE"],
      ...["--volume", `${path.join(this.directory, "ssh/container")}:/etc/swarmbench/ssh:ro`],
      ...["--env", `NODES=${nodes.join(" ")}`, "--env", `OAR_USERS=${users.join(" ")}`],
      await this.lab.image("oar-lab", "oar", {}, suite),
    );
    const port = async (inner: number) =>
      Number((await this.docker("port", this.name, String(inner))).trim().split(":").at(-1));
    this.ports = { ssh: await port(22), rest: await port(6668) };
  }

  docker(...args: string[]): Promise<string> {
    return this.lab.docker(...args);
  }

  /** Runs a script in the container as root. */
  inside(script: string): Promise<string> {
    return this.docker("exec", this.name, "sh", "-c", script);
  }

  /** Runs a script in the container as a user. */
  shell(user: string, script: string): Promise<string> {
    return this.docker(
      "exec",
      "--user",
      user,
      "--env",
      `HOME=/home/${user}`,
      "--workdir",
      `/home/${user}`,
      this.name,
      "sh",
      "-c",
      script,
    );
  }

  /** Submits a job. @returns its id */
  async job(user: string, ...words: string[]): Promise<number> {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const [, id] = /OAR_JOB_ID=(\d+)/.exec(await this.shell(user, `oarsub ${quoted}`)) ?? [];
    return Number(id);
  }

  /** The state of a job, as OAR's own program reports it. */
  async state(id: number): Promise<string> {
    return (await this.inside(`oarstat -s -j ${id}`)).trim().replace(/^\d+: /, "");
  }

  /** Ids of all users' jobs with a name that have not ended. `*` in the name stands for any text. */
  jobsNamed(name: string): Promise<number[]> {
    return this.notOver(`job_name like '${name.replaceAll("*", "%")}'`);
  }

  /** Runs shell commands on the frontend after oarsub has submitted a job with this name, and before oarsub ends. `*` stands for any text. */
  afterOarsubOf(name: string, action: string): Promise<string> {
    this.afterOarsub.set(name, action);
    const cases = [...this.afterOarsub].map(([job, action]) => `  ${job}) ${action} ;;`);
    const wrapper = `#!/bin/sh
/usr/bin/oarsub "$@"
code=$?
for word in "$@"; do
  case $word in
${cases.join("\n")}
  esac
done
exit $code`;
    return this.inside(
      `cat > /usr/local/bin/oarsub.new <<'EOF'\n${wrapper}\nEOF\nchmod 755 /usr/local/bin/oarsub.new && mv /usr/local/bin/oarsub.new /usr/local/bin/oarsub`,
    );
  }

  /** Ids of all jobs of a user that have not ended. */
  jobsOfUser(user: string): Promise<number[]> {
    return this.notOver(`job_user = '${user}'`);
  }

  private async notOver(where: string): Promise<number[]> {
    const text = await this.inside(`oarstat -J --sql "${where} and state not in ('Error','Terminated')"`);
    return text.trim() === "" ? [] : Object.keys(JSON.parse(text)).map(Number);
  }

  setNode(node: string, state: "Alive" | "Absent"): Promise<string> {
    return this.inside(`oarnodesetting -h ${node} -s ${state}`);
  }

  /** Allows or forbids extensions, for new requests; the running server keeps the value that it has read. */
  allowExtension(allow: boolean): Promise<string> {
    return this.inside(
      `sed -i 's/^WALLTIME_CHANGE_ENABLED=.*/WALLTIME_CHANGE_ENABLED="${allow ? "yes" : "no"}"/' /etc/oar/oar.conf`,
    );
  }

  /** Starts the server and waits until it accepts connections. */
  startServer(): Promise<string> {
    return this.inside(
      "/usr/sbin/oar-server; bash -c 'until (: >/dev/tcp/localhost/6666) 2>/dev/null; do sleep 0.1; done'",
    );
  }

  /** Ends all processes of the server. */
  stopServer(): Promise<string> {
    return this.inside(
      "pkill -TERM -f '[A]lmighty'; while sleep 0.1 && pgrep -f '[A]lmighty' >/dev/null; do pkill -KILL -f '[A]lmighty'; done",
    );
  }

  /** Suspends or resumes the server: while suspended it accepts requests but does nothing. */
  freezeServer(freeze: boolean): Promise<string> {
    return this.inside(`pkill -${freeze ? "STOP" : "CONT"} -f '[A]lmighty'`);
  }

  /** `swarmbench:testbed` of a scenario on this OAR. */
  testbed(more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      kind: "oar",
      frontend: "127.0.0.1",
      port: this.ports.ssh,
      user: "user1",
      key: this.key,
      hostKey: this.hostKey,
      walltime: "10 minutes",
      timeout: "60 seconds",
      ...(this.hosts ? { types: ["deploy"], nodeUser: "root" } : {}),
      ...more,
    };
  }

  /** Like {@link testbed}, through the REST API. */
  rest(more: Record<string, unknown> = {}): Record<string, unknown> {
    const url = `http://127.0.0.1:${this.ports.rest}/oarapi`;
    return this.testbed({ api: "rest", rest: { url, shape: "oar" }, ...more });
  }

  /** Writes a scenario for `npm run reserve`. @returns its folder */
  scenario(name: string, nodes: number, testbed: Record<string, unknown>): string {
    const config = { "swarmbench:nodes": nodes, "swarmbench:testbed": testbed };
    writeFileSync(path.join(this.directory, `Pulumi.${name}.yaml`), stringify({ config }));
    return this.directory;
  }

  dispose(): Promise<void> {
    return this.lab.dispose();
  }
}
