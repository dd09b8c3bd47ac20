import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

/**
 * A fake `docker` for one engine, whose state is files in a folder, by the names used below. Unknown calls fail, and so do those
 * that the real engine would refuse in that state.
 */
const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
echo "\${DOCKER_HOST:+[$DOCKER_HOST] }$*" >> calls
get() { [ ! -f "$1" ] || cat "$1"; }
refuse() { echo "Error response from daemon: $*" >&2; exit 1; }
[ ! -f broken ] || refuse "broken"
state=$(get state)
for last; do :; done
[ "$last" != self ] || last=$(get nodeId)
node() { [ -d "nodes/$last" ] || refuse "node $last not found"; get "nodes/$last/$1"; }
case "$*" in
  "info --format {{.ID}}") get engine ;;
  "info --format {{.Swarm.LocalNodeState}}") echo "$state" ;;
  "info --format {{.Swarm.ControlAvailable}}") get control ;;
  "info --format {{.Swarm.Cluster.ID}}") get cluster ;;
  "info --format {{.Swarm.Cluster.DataPathPort}}") [ -f port ] && cat port || echo 4789 ;;
  "info --format {{.Swarm.NodeID}}") get nodeId ;;
  "swarm init "*)
    [ "$state" = inactive ] || refuse "This node is already part of a swarm."
    echo active > state; echo true > control; echo swarm-new > cluster; echo node-new > nodeId
    echo "To add a worker to this swarm, run: docker swarm join --token SWMTKN-secret" ;;
  "swarm leave --force")
    [ "$state" != inactive ] || refuse "This node is not part of a swarm"
    echo inactive > state; rm -f control cluster nodeId
    echo "Node left the swarm." ;;
  "swarm join-token --quiet worker") echo SWMTKN-secret ;;
  "node ls --format {{.Hostname}} {{.ID}}")
    for id in $(ls nodes); do echo "$(cat "nodes/$id/hostname") $id"; done ;;
  "node inspect --format {{.Status.State}} "*) node status ;;
  "node inspect --format {{.ID}} "*) node id ;;
  "node ps --format {{.CurrentState}} "*) node tasks ;;
  "node rm --force "*) node id; rm -r "nodes/$last" ;;
  "node update --availability drain "*) node id; echo drain > "nodes/$last/availability" ;;
  "node update --label-add role="*" --availability active "*)
    node id; echo active > "nodes/$last/availability"
    for word; do case $word in role=*) echo "\${word#role=}" > "nodes/$last/role" ;; esac; done ;;
  *) refuse "the fake does not know: docker $*" ;;
esac
`;

/** A fake `curl` for the only call of the engine's API for which `docker` would need a secret as an argument. */
const CURL = `#!/bin/sh
cd "$FAKE" || exit 99
[ "$*" = "--silent --show-error --write-out %{http_code} --unix-socket /var/run/docker.sock \
--header Content-Type: application/json --data @- http://docker/swarm/join" ] || { echo "curl: what? $*" >&2; exit 2; }
echo "POST /swarm/join $(cat)" >> calls
[ "$(cat state)" = inactive ] || { printf '{"message":"This node is already part of a swarm."}503'; exit; }
if [ -f slow ]; then
  echo pending > state
  printf '{"message":"Timeout was reached before node joined. The attempt to join the swarm will continue in the background."}503'
  exit
fi
printf 200
echo active > state; echo false > control; echo node-new > nodeId
`;

/** Fake time: each `sleep` advances it by one second, regardless of its argument. */
const DATE = `#!/bin/sh\n[ "$*" = +%s ] && cat "$FAKE/clock"\n`;
const SLEEP = `#!/bin/sh
cd "$FAKE" || exit 99
now=$(( $(cat clock) + 1 ))
echo "$now" > clock
[ "$now" -lt 2000 ] || { echo "it sleeps forever" >&2; exit 98; }
[ ! -f tick ] || . ./tick
`;

/** The real programs that scripts may call. No script of a test may reach a package manager or a daemon of this machine. */
const HARMLESS =
  "awk base64 basename bash cat chmod chown cmp comm cp cut diff dirname env expr find flock getent grep head hostname id kill ln ls mkdir mkfifo mktemp mv od paste printf ps readlink rm rmdir sed seq setsid sh sha256sum sort stat tail tee timeout touch tr true uname uniq wc xargs";

/** A folder of links to {@link HARMLESS}. */
function harmlessPrograms(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-programs-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  for (const name of HARMLESS.split(" ")) {
    const folders = (process.env.PATH ?? "").split(":");
    const program = folders.map((each) => path.join(each, name)).find((file) => existsSync(file));
    if (program) symlinkSync(program, path.join(folder, name));
  }
  return folder;
}
const PROGRAMS = harmlessPrograms();

/** Files that the scripts write on a real node, and their names in a {@link FakeMachine}. */
const KEPT = { "/var/lib/docker/swarmbench-swarm": "mark", "/etc/node/link": "link" };

export interface FakeNode {
  hostname: string;
  status?: "ready" | "down" | "unknown";
  /** Output of `docker node ps`, one task per line. */
  tasks?: string;
}

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A fake machine for scripts: {@link HARMLESS} programs, a fake {@link DOCKER} and a fake clock. */
export class FakeMachine {
  readonly directory = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));

  constructor(state: Record<string, string> = {}, docker = DOCKER) {
    mkdirSync(path.join(this.directory, "bin"));
    mkdirSync(path.join(this.directory, "nodes"));
    for (const [name, text] of Object.entries({ docker, curl: CURL, date: DATE, sleep: SLEEP })) {
      this.program(name, text);
    }
    for (const [name, value] of Object.entries({ state: "inactive", clock: "1000", ...state })) {
      this.write(name, value);
    }
  }

  /** Adds a node to the manager's list. */
  node(id: string, { hostname, status = "ready", tasks = "" }: FakeNode): this {
    mkdirSync(path.join(this.directory, "nodes", id));
    const files = { id, hostname, status, availability: "active", tasks };
    for (const [name, value] of Object.entries(files)) this.write(`nodes/${id}/${name}`, value);
    return this;
  }

  /** Text of a file of the machine; undefined if it does not exist. */
  read(name: string): string | undefined {
    const file = path.join(this.directory, name);
    return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  }

  write(name: string, value: string): void {
    writeFileSync(path.join(this.directory, name), value === "" ? "" : `${value}\n`);
  }

  /** Adds a program to the machine's PATH. */
  program(name: string, text: string): this {
    const file = path.join(this.directory, "bin", name);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return this;
  }

  folders(...names: string[]): void {
    for (const name of names) mkdirSync(path.join(this.directory, name));
  }

  list(folder: string): string[] {
    return readdirSync(path.join(this.directory, folder)).sort();
  }

  remove(name: string): void {
    rmSync(path.join(this.directory, name));
  }

  /** The calls of `docker` so far that change something, in order. */
  get changes(): string[] {
    return this.calls.filter((call) => !/^(info|node (ls|inspect|ps)) /.test(call));
  }

  get calls(): string[] {
    return (this.read("calls") ?? "").split("\n").filter(Boolean);
  }

  /** Runs a script through standard input, as `runOn` does at create, and with arguments at update. */
  script(text: string, ...args: string[]): Promise<Outcome> {
    return this.run(["-s", ...(args.length > 0 ? ["--", ...args] : [])], text);
  }

  /** Runs a command line as `runOn` does at delete. */
  commandLine(text: string): Promise<Outcome> {
    return this.run(["-c", this.here(text)], "");
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true });
  }

  private here(text: string): string {
    return Object.entries(KEPT).reduce(
      (all, [file, name]) => all.replaceAll(file, path.join(this.directory, name)),
      text,
    );
  }

  private run(args: string[], input: string): Promise<Outcome> {
    const env = { FAKE: this.directory, PATH: `${this.directory}/bin:${PROGRAMS}` };
    return new Promise((resolve) => {
      const child = execFile("sh", args, { env, timeout: 20_000 }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end(input === "" ? undefined : this.here(input));
    });
  }
}

/** Checks a script with `sh -n`. @returns its error; empty if the script is valid */
export async function parses(text: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile("sh", ["-n"], (error, _, stderr) =>
      resolve(error ? `${stderr || error.message}` : ""),
    );
    child.stdin?.end(text);
  });
}
