import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

/** A folder in which shell text is run, with a test's own programs first in PATH. */
export class ShellFolder {
  readonly directory = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));

  /** @param programs shell text by name */
  constructor(programs: Record<string, string> = {}) {
    mkdirSync(path.join(this.directory, "bin"));
    for (const [name, text] of Object.entries(programs)) this.program(name, text);
  }

  program(name: string, text: string): void {
    const file = path.join(this.directory, "bin", name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  write(name: string, text: string): string {
    const file = path.join(this.directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** Runs text with `sh`, in the folder; `$DIR` is its path. */
  run(text: string, input = ""): { code: number; stdout: string; stderr: string } {
    const PATH = `${path.join(this.directory, "bin")}:${process.env.PATH}`;
    const options = { cwd: this.directory, env: { PATH, DIR: this.directory, LC_ALL: "C" }, input };
    const { status, stdout, stderr } = spawnSync("sh", ["-c", text], { ...options, encoding: "utf8" });
    return { code: status ?? -1, stdout, stderr };
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
