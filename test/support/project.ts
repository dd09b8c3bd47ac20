import { execFile, spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parseDocument } from "yaml";
import { watchProcesses } from "./processes.ts";

const repository = path.resolve(import.meta.dirname, "../..");
/** What set-up has made, of `.swarmbench/ssh`. */
const INSTALLED_KEYS = ["config", "id_ed25519", "id_ed25519.pub", "known_hosts", "node"];

/**
 * Configuration of a stack without any part: nodes and swarm alone. Where parts are switched on, no benchmark is run, no
 * network measured, and no clock kept: whoever tests that switches it on.
 */
const SWARM_ONLY = {
  ...Object.fromEntries(
    ["kafka", "influxdb", "telegraf", "grafana", "portainer"].map((part) => [`${part}.enabled`, "false"]),
  ),
  "benchmark.run": "false",
  "benchmark.network.enabled": "false",
  "clockSync.kind": "none",
};

export interface Result {
  code: number;
  /** Standard output and standard error, in the order of their coming. */
  text: string;
}

/**
 * A copy of the Pulumi project in a folder of its own, with a state of its own, as a second checkout on the machine
 * would be: what a test does cannot touch the developer's stacks. The tools, keys and images are the installation's.
 */
export class TestProject {
  readonly directory = mkdtempSync(
    path.join(tmpdir(), `swarmbench-e2e-${process.env.TEST_RUN ?? process.pid}-`),
  );
  /** What every {@link recordedUp} printed, and the command lines of all processes meanwhile. */
  readonly printed: string[] = [];
  /** What each {@link up} printed, in their order. */
  readonly upTexts: string[] = [];
  /** A command that takes longer is ended. */
  longestCommandMs = 5 * 60_000;
  private readonly knownOutputs = new Map<string, string>();
  private namespace = "";
  private env: NodeJS.ProcessEnv = process.env;

  /** What `eval "$(npm run -s env)"` gives a shell in this project. */
  get environment(): NodeJS.ProcessEnv {
    return this.env;
  }

  readonly stack: string;

  private constructor(stack: string) {
    this.stack = stack;
  }

  /** A project whose stack has no parts but those that the configuration switches on. */
  static async create(stack: string, config: Record<string, string>): Promise<TestProject> {
    const project = new TestProject(stack);
    const { directory } = project;
    for (const name of [
      "index.ts",
      "swarmbench.mjs",
      "components",
      "config",
      "contract",
      "bench",
      "cli",
      "lib",
      "offline",
      "results",
      "testbeds",
      "Pulumi.yaml",
      "package.json",
      "tsconfig.json",
    ]) {
      const filter = (source: string) => !source.includes("/offline/go");
      cpSync(path.join(repository, name), path.join(directory, name), { recursive: true, filter });
    }
    symlinkSync(path.join(repository, "node_modules"), path.join(directory, "node_modules"));
    mkdirSync(path.join(directory, ".swarmbench/state"), { recursive: true });
    // A folder of its own, since ways to a stack's machines are written down there.
    const keys = path.join(directory, ".swarmbench/ssh");
    mkdirSync(keys, { mode: 0o700 });
    for (const name of [
      ...["pulumi", "passphrase", "installation.json"],
      ...INSTALLED_KEYS.map((file) => `ssh/${file}`),
    ]) {
      symlinkSync(path.join(repository, ".swarmbench", name), path.join(directory, ".swarmbench", name));
    }
    project.env = { ...process.env, ...(await project.exportedEnv()) };
    await project.must("pulumi", "stack", "init", stack);
    await project.configure({ "pulumi:disable-default-providers[0]": "docker", ...SWARM_ONLY, ...config });
    return project;
  }

  /** What `eval "$(npm run -s env)"` puts into a shell. */
  private async exportedEnv(): Promise<NodeJS.ProcessEnv> {
    const show = 'eval "$(node swarmbench.mjs env)" && env -0 | grep -z "^PULUMI_\\|^PATH="';
    const shown = await this.must("bash", "-c", show);
    return Object.fromEntries(
      shown
        .split("\0")
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  /** The name that begins all that this stack makes on the machine. */
  get prefix(): string {
    return `swarmbench-${this.namespace}-${this.stack}`;
  }

  /** Sets settings of the stack, by their paths. */
  async configure(values: Record<string, string>): Promise<void> {
    this.namespace = values.namespace ?? this.namespace;
    const pairs = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    await this.must("pulumi", "config", "set-all", "--stack", this.stack, "--path", ...pairs);
  }

  /** Takes a setting, or a group of settings, back to its default. */
  async unset(path: string): Promise<void> {
    await this.must("pulumi", "config", "rm", "--stack", this.stack, "--path", path);
  }

  /** Sets the whole testbed anew, and how many nodes are of it. */
  setTestbed(testbed: Record<string, unknown>, nodes: number): void {
    const file = path.join(this.directory, `Pulumi.${this.stack}.yaml`);
    const scenario = parseDocument(readFileSync(file, "utf8"));
    scenario.setIn(["config", "swarmbench:testbed"], testbed);
    scenario.setIn(["config", "swarmbench:nodes"], String(nodes));
    writeFileSync(file, scenario.toString());
  }

  async up(...more: string[]): Promise<Result> {
    const result = await this.pulumi("up", "--yes", "--skip-preview", ...more);
    this.upTexts.push(result.text);
    return result;
  }

  /** An `up` that must succeed. */
  async mustUp(...more: string[]): Promise<string> {
    return expectSuccess("pulumi up", await this.up(...more));
  }

  /** An `up` that must succeed; what it shows to others on the machine is kept for a search ({@link printed}). */
  async recordedUp(...more: string[]): Promise<string> {
    const processes = watchProcesses();
    try {
      const result = await this.up(...more);
      this.printed.push(result.text);
      return expectSuccess("pulumi up", result);
    } finally {
      this.printed.push(processes.stop());
    }
  }

  /** `pulumi COMMAND` on this stack, without questions. */
  pulumi(command: string, ...args: string[]): Promise<Result> {
    return this.run("pulumi", command, ...args, "--stack", this.stack, "--non-interactive");
  }

  async mustPulumi(command: string, ...args: string[]): Promise<string> {
    return expectSuccess(`pulumi ${command}`, await this.pulumi(command, ...args));
  }

  /** Starts `pulumi up` and kills it, as a power cut would, once its output shows a pattern, or something else has come. */
  upUntil(moment: RegExp | (() => Promise<unknown>)): Promise<string> {
    return new Promise((resolve, reject) => {
      const args = ["up", "--stack", this.stack, "--non-interactive", "--yes", "--skip-preview"];
      const child = spawn("pulumi", args, { cwd: this.directory, env: this.env });
      let text = "";
      const kill = () => child.kill("SIGKILL");
      const read = (data: Buffer) => {
        text += data;
        if (moment instanceof RegExp && moment.test(text)) kill();
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", reject);
      child.on("close", (_, signal) => {
        if (signal !== "SIGKILL") return reject(new Error(`it ended before ${moment} came:\n${text}`));
        this.restoreState();
        resolve(text);
      });
      if (!(moment instanceof RegExp))
        moment().then(kill, (error) => {
          kill();
          reject(error);
        });
    });
  }

  /**
   * Puts Pulumi's own backup in place of an empty state, as a user would: Pulumi 3.259 does not replace the file of its
   * file backend in one step, so a kill while it writes leaves an empty one ("failed to load checkpoint: EOF").
   */
  private restoreState(): void {
    const backup = `${this.statePath}.bak`;
    if (statSync(this.statePath).size === 0 && existsSync(backup)) copyFileSync(backup, this.statePath);
  }

  /** The stack's outputs; secrets are hidden. */
  outputs<T>(): Promise<T> {
    return this.outputsOfState<T>();
  }

  /** The outputs with their secrets in clear. */
  secretOutputs<T>(): Promise<T> {
    return this.outputsOfState<T>("--show-secrets");
  }

  /** Asks Pulumi once for each state: it takes a second, and every command on a node needs the outputs. */
  private async outputsOfState<T>(...flags: string[]): Promise<T> {
    const { mtimeMs, size } = statSync(this.statePath);
    const key = [mtimeMs, size, ...flags].join(" ");
    const text = this.knownOutputs.get(key) ?? (await this.mustPulumi("stack", "output", "--json", ...flags));
    this.knownOutputs.set(key, text);
    return JSON.parse(text) as T;
  }

  /** `docker` on this machine's engine. */
  docker(...args: string[]): Promise<string> {
    return this.must("docker", ...args);
  }

  /** Runs a command on a node, over the SSH that the stack's outputs name. */
  async on(node: string, command: string): Promise<string> {
    return expectSuccess(`${command} on ${node}`, await this.tryOn(node, command));
  }

  async tryOn(node: string, command: string): Promise<Result> {
    const { nodes } = await this.outputs<{ nodes: { name: string; ssh: string }[] }>();
    const ssh = nodes.find(({ name }) => name === node)?.ssh;
    if (!ssh) throw new Error(`no such node: ${node}`);
    return this.run("sh", "-c", `${ssh} "$0"`, command);
  }

  /** Name, state and role of the swarm's nodes as the manager lists them, in the order of their names. */
  async swarmNodes(): Promise<string[]> {
    const format = "{{.Description.Hostname}} {{.Status.State}} {{.Spec.Availability}} {{.Spec.Labels.role}}";
    const list = await this.on("node1", `docker node inspect --format '${format}' $(docker node ls -q)`);
    return list.trim().split("\n").sort();
  }

  /** What the machine's engine has of this stack: by its name, so that what has lost its labels is seen as well. */
  async remains(): Promise<string[]> {
    const lists = await Promise.all([
      this.docker("ps", "--all", "--format", "container {{.Names}}"),
      this.docker("network", "ls", "--format", "network {{.Name}}"),
      this.docker("volume", "ls", "--format", "volume {{.Name}}"),
    ]);
    return lists
      .join("")
      .split("\n")
      .filter((line) => line.includes(this.prefix));
  }

  private get statePath(): string {
    return path.join(this.directory, `.swarmbench/state/.pulumi/stacks/swarmbench/${this.stack}.json`);
  }

  /** The state as it lies on disk. */
  stateFile(): string {
    return readFileSync(this.statePath, "utf8");
  }

  /** Whether nothing is left of the stack: no resource in the state, and nothing on the engine. */
  private async isGone(): Promise<boolean> {
    return !this.stateFile().includes('"urn":') && (await this.remains()).length === 0;
  }

  /** All that the state's folder has: backups and the history too. */
  stateFiles(): string {
    const state = path.join(this.directory, ".swarmbench/state/.pulumi");
    return readdirSync(state, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((file) => readFileSync(path.join(file.parentPath, file.name), "utf8"))
      .join("\n");
  }

  /** Removes the stack, whatever it is in, and the folder. */
  async dispose(): Promise<void> {
    if (!existsSync(this.directory)) return;
    if (existsSync(this.statePath) && (await this.isGone())) {
      rmSync(this.directory, { recursive: true, force: true });
      return;
    }
    await this.pulumi("cancel", "--yes");
    const destroyed = await this.pulumi("destroy", "--yes", "--skip-preview");
    const remains = await this.remains();
    if (destroyed.code === 0 && remains.length === 0)
      rmSync(this.directory, { recursive: true, force: true });
    else
      throw new Error(
        `${this.directory} could not be destroyed, left: ${remains.join(", ")}\n${destroyed.text}`,
      );
  }

  async must(file: string, ...args: string[]): Promise<string> {
    return expectSuccess([file, ...args].join(" "), await this.run(file, ...args));
  }

  run(file: string, ...args: string[]): Promise<Result> {
    return new Promise((resolve) => {
      const options = {
        cwd: this.directory,
        env: this.env,
        timeout: this.longestCommandMs,
        maxBuffer: 64 * 1024 * 1024,
      };
      let text = "";
      const child = execFile(file, args, options, (error) => {
        resolve({ code: error ? (typeof error.code === "number" ? error.code : -1) : 0, text });
      });
      child.stdout?.on("data", (data) => {
        text += data;
      });
      child.stderr?.on("data", (data) => {
        text += data;
      });
    });
  }
}

function expectSuccess(what: string, { code, text }: Result): string {
  if (code !== 0) throw new Error(`${what} ended with ${code}:\n${text}`);
  return text;
}
