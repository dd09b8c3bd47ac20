import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { type EngineImage, ensureTestImage } from "../../cli/setup/images.ts";
import { readInstallation } from "../../cli/setup/shellEnv.ts";
import { toolSource } from "../../cli/setup/source.ts";
import type { ToolSource } from "../../cli/setup/toolSource.ts";

export const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, "../..");

/** A folder and Docker objects of a test. They are named and labelled like those of test projects, so that `npm test` removes leftovers of killed runs. */
export class Lab {
  readonly directory: string;
  /** Prefix of the names of its objects. */
  readonly name: string;
  readonly labels: string[];

  private readonly source: ToolSource;
  private readonly host: string;

  private constructor(kind: string, source: ToolSource, host: string) {
    this.source = source;
    this.host = host;

    this.directory = mkdtempSync(
      path.join(tmpdir(), `swarmbench-e2e-${process.env.TEST_RUN ?? process.pid}-${kind}-`),
    );
    this.name = path.basename(this.directory);
    const labels = [`swarmbench.stack=${this.name}`, `swarmbench.owner=${this.directory}`];
    this.labels = labels.flatMap((label) => ["--label", label]);
  }

  static async create(kind: string): Promise<Lab> {
    const { source, engineHost } = readInstallation();
    return new Lab(kind, toolSource(source), engineHost);
  }

  /**
   * An image that only tests need, of test/support/FOLDER.
   *
   * @param payload files from elsewhere in the checkout, by their path in the image
   * @param suite of Debian, such as trixie. @default that of all other images
   * @returns its id
   */
  async image(
    name: string,
    folder: string,
    payload: Record<string, string> = {},
    suite?: string,
  ): Promise<string> {
    const files = Object.entries(payload).map(([target, file]) => [target, path.join(repository, file)]);
    const directory = path.join(repository, "test/support", folder);
    const made = { name, directory, payload: Object.fromEntries(files), suite };
    return (await ensureTestImage(made, this.source, this.host)).id;
  }

  /** The id of one of the images that `npm run setup` made in this machine's engine. */
  async installedImage(name: string): Promise<string> {
    const image = readInstallation().images[name];
    if (!image || !("id" in image)) throw new Error(`no image ${name} is installed`);
    return image.id;
  }

  docker(...args: string[]): Promise<string> {
    return run("docker", ["--host", this.host, ...args]).then(({ stdout }) => stdout);
  }

  /** A folder below the lab's. */
  folder(...names: string[]): string {
    const folder = path.join(this.directory, ...names);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Removes everything with the lab's labels, and the folder. */
  async dispose(): Promise<void> {
    const filter = ["--quiet", "--filter", `label=swarmbench.stack=${this.name}`];
    for (const [kind, list] of [
      ["container", ["ps", "--all"]],
      ["network", ["network", "ls"]],
      ["volume", ["volume", "ls"]],
    ] as const) {
      const ids = (await this.docker(...list, ...filter)).split("\n").filter(Boolean);
      const more = { container: ["--force", "--volumes"], network: [], volume: ["--force"] }[kind];
      if (ids.length > 0) await this.docker(kind, "rm", ...more, ...ids);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The image of local nodes, with the Docker engine of another suite of Debian, such as trixie. */
export function nodeImageOf(suite: string): Promise<EngineImage> {
  const { source, engineHost } = readInstallation();
  const made = { name: "node", directory: path.join(repository, "images/node"), payload: {}, suite };
  return ensureTestImage(made, toolSource(source), engineHost);
}

/** Makes a key pair without a passphrase. @returns the public key: type and key */
export async function makeKey(file: string): Promise<string> {
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  const { stdout } = await run("ssh-keygen", ["-y", "-f", file]);
  return stdout.trim().split(" ").slice(0, 2).join(" ");
}
