import { execFile, spawn } from "node:child_process";
import {
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
import type { EngineImage } from "../../cli/setup/images.ts";
import { watchProcesses } from "./processes.ts";

const repository = path.resolve(import.meta.dirname, "../..");
/** The files of `.swarmbench/ssh` that setup has made. */
const INSTALLED_KEYS = ["config", "id_ed25519", "id_ed25519.pub", "known_hosts", "node"];

/**
 * Configuration of a stack without services: only nodes and swarm. Without further settings there is no benchmark, no network
 * measurement and no clock synchronisation; tests that need them enable them.
 */
const SWARM_ONLY = {
  ...Object.fromEntries(
    ["kafka", "influxdb", "telegraf", "grafana", "portainer"].map((service) => [
      `${service}.enabled`,
      "false",
    ]),
  ),
  "benchmark.run": "false",
  "benchmark.network.enabled": "false",
  "clockSync.kind": "none",
};

export interface Result {
  code: number;
  /** Standard output and standard error, in the order in which they were written. */
  text: string;
}

const SOURCES =
  "index.ts swarmbench.mjs components config contract bench cli lib offline results testbeds Pulumi.yaml package.json tsconfig.json";

/** Copies the program into a folder, with a link to the npm packages. */
export function copySources(directory: string): void {
  const filter = (source: string) => !source.includes("/offline/go");
  for (const name of SOURCES.split(" ")) {
    cpSync(path.join(repository, name), path.join(directory, name), { recursive: true, filter });
  }
  symlinkSync(path.join(repository, "node_modules"), path.join(directory, "node_modules"));
}

/**
 * A copy of the Pulumi project in its own folder, with its own state, like a second checkout on the machine: a test cannot change
 * the developer's stacks. It uses the installation's tools, keys and images.
 */
export class TestProject {
  readonly directory = mkdtempSync(
    path.join(tmpdir(), `swarmbench-e2e-${process.env.TEST_RUN ?? process.pid}-`),
  );
  /** The output of every {@link recordedUp}, and the command lines of all processes that ran meanwhile. */
  readonly printed: string[] = [];
  /** The output of each {@link up}, in order. */
  readonly upTexts: string[] = [];
  /** Commands that take longer are killed. */
  longestCommandMs = 10 * 60_000;
  private readonly knownOutputs = new Map<string, string>();
  private namespace = "";
  private env: NodeJS.ProcessEnv = process.env;

  /** The environment after `eval "$(npm run -s env)"` in this project. */
  get environment(): NodeJS.ProcessEnv {
    return this.env;
  }

  readonly stack: string;

  private constructor(stack: string) {
    this.stack = stack;
  }

  /**
   * A project whose stack has only the services that the configuration enables.
   *
   * @param nodeImage of local nodes, instead of the one that setup has built
   */
  static async create(
    stack: string,
    config: Record<string, string>,
    nodeImage?: EngineImage,
  ): Promise<TestProject> {
    const project = new TestProject(stack);
    const { directory } = project;
    copySources(directory);
    mkdirSync(path.join(directory, ".swarmbench/state"), { recursive: true });
    // A separate folder, because the SSH configuration of the stack's machines is written there.
    const keys = path.join(directory, ".swarmbench/ssh");
    mkdirSync(keys, { mode: 0o700 });
    for (const name of [
      ...["pulumi", "passphrase", "installation.json"],
      ...INSTALLED_KEYS.map((file) => `ssh/${file}`),
    ]) {
      symlinkSync(path.join(repository, ".swarmbench", name), path.join(directory, ".swarmbench", name));
    }
    if (nodeImage) project.useNodeImage(nodeImage);
    // Steps of tests are short: each must show a status line.
    const progress = { SWARMBENCH_PROGRESS_SEC: "1" };
    project.env = { ...process.env, ...progress, ...(await project.exportedEnv()) };
    await project.must("pulumi", "stack", "init", stack);
    await project.configure({ "pulumi:disable-default-providers[0]": "docker", ...SWARM_ONLY, ...config });
    return project;
  }

  private useNodeImage(node: EngineImage): void {
    const file = path.join(this.directory, ".swarmbench/installation.json");
    const installation = JSON.parse(readFileSync(file, "utf8"));
    rmSync(file); // a link
    writeFileSync(file, JSON.stringify({ ...installation, images: { ...installation.images, node } }));
  }

  /** The variables that `eval "$(npm run -s env)"` sets in a shell. */
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

  /** Prefix of the names of everything that this stack creates on the machine. */
  get prefix(): string {
    return `swarmbench-${this.namespace}-${this.stack}`;
  }

  /** Changes settings of the stack, by their paths. */
  async configure(values: Record<string, string>): Promise<void> {
    this.namespace = values.namespace ?? this.namespace;
    const pairs = Object.entries(values).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    await this.must("pulumi", "config", "set-all", "--stack", this.stack, "--path", ...pairs);
  }

  /** Resets a setting, or a group of settings, to its default. */
  async unset(path: string): Promise<void> {
    await this.must("pulumi", "config", "rm", "--stack", this.stack, "--path", path);
  }

  /** Replaces the whole testbed, and the number of its nodes. */
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

  /** An `up` that must succeed; its output and the command lines of all processes are recorded in {@link printed}. */
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

  /** `pulumi COMMAND` on this stack, without prompts. */
  pulumi(command: string, ...args: string[]): Promise<Result> {
    return this.run("pulumi", command, ...args, "--stack", this.stack, "--non-interactive");
  }

  async mustPulumi(command: string, ...args: string[]): Promise<string> {
    return expectSuccess(`pulumi ${command}`, await this.pulumi(command, ...args));
  }

  /** Starts `pulumi up` and kills it, as a power cut would, once its output matches a pattern or a promise resolves. */
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
        if (signal !== "SIGKILL") return reject(new Error(`it ended before ${moment}:\n${text}`));
        resolve(text);
      });
      if (!(moment instanceof RegExp))
        moment().then(kill, (error) => {
          kill();
          reject(error);
        });
    });
  }

  /** The stack's outputs; secrets are hidden. */
  outputs<T>(): Promise<T> {
    return this.outputsOfState<T>();
  }

  /** The outputs with secrets in clear text. */
  secretOutputs<T>(): Promise<T> {
    return this.outputsOfState<T>("--show-secrets");
  }

  /** Asks Pulumi once for each state, because it takes a second and every command on a node needs the outputs. */
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

  /** Runs a command on a node, with the SSH command in the stack's outputs. */
  async on(node: string, command: string): Promise<string> {
    return expectSuccess(`${command} on ${node}`, await this.tryOn(node, command));
  }

  async tryOn(node: string, command: string): Promise<Result> {
    const { nodes } = await this.outputs<{ nodes: { name: string; ssh: string }[] }>();
    const ssh = nodes.find(({ name }) => name === node)?.ssh;
    if (!ssh) throw new Error(`no such node: ${node}`);
    return this.run("sh", "-c", `${ssh} "$0"`, command);
  }

  /** Name, state and role of the swarm's nodes as the manager lists them, ordered by name. */
  async swarmNodes(): Promise<string[]> {
    const format = "{{.Description.Hostname}} {{.Status.State}} {{.Spec.Availability}} {{.Spec.Labels.role}}";
    const list = await this.on("node1", `docker node inspect --format '${format}' $(docker node ls -q)`);
    return list.trim().split("\n").sort();
  }

  /** The stack's objects on the machine's engine, by name, so that objects without labels are found as well. */
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

  get statePath(): string {
    return path.join(this.directory, `.swarmbench/state/.pulumi/stacks/swarmbench/${this.stack}.json`);
  }

  /** Text of the state file. */
  stateFile(): string {
    return readFileSync(this.statePath, "utf8");
  }

  /** Whether nothing is left of the stack: no resource in the state, and nothing on the engine. */
  private async isGone(): Promise<boolean> {
    return !this.stateFile().includes('"urn":') && (await this.remains()).length === 0;
  }

  /** Text of all files in the state's folder, including backups and history. */
  stateFiles(): string {
    const state = path.join(this.directory, ".swarmbench/state/.pulumi");
    return readdirSync(state, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((file) => readFileSync(path.join(file.parentPath, file.name), "utf8"))
      .join("\n");
  }

  /** Destroys the stack in any state, and removes the folder. */
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
        `${this.directory} could not be destroyed; left over: ${remains.join(", ")}\n${destroyed.text}`,
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
