import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { KAFKA_PORTS } from "../../config/kafka/ports.ts";
import { ShellFolder } from "../../test/support/shell.ts";
import { parseLeft } from "./left.ts";
import { checkScript, faultScript, leftScript, type NodeFault, onNode } from "./scripts.ts";

const LABELS = ["swarmbench.stack=swarmbench-ann-lab", "swarmbench.owner=/home/a b#1"];

/**
 * A Docker engine with one container of the stack's broker. Its state is in files: `running` and `paused` (ids), `names` (of
 * containers), `replicas`. It answers only with the stack's labels, and fails while there is a file `down`.
 */
const DOCKER = `
echo "$*" >> "$DIR/calls"
[ ! -f "$DIR/down" ] || { echo "the engine does not answer" >&2; exit 1; }
labelled() { case "$*" in *"label=swarmbench.stack=swarmbench-ann-lab"*"label=swarmbench.owner=/home/a b#1"*) ;; *) exit 1 ;; esac; }
case "$1 $2" in
  "ps --format") labelled "$@"; cat "$DIR/up" 2>/dev/null ;;
  "ps --quiet") labelled "$@"; case "$*" in *status=paused*) cat "$DIR/paused" 2>/dev/null ;; *) cat "$DIR/running" ;; esac ;;
  "ps --all") labelled "$@"; cat "$DIR/names" 2>/dev/null ;;
  "service ls") labelled "$@"; printf 'broker-10\\nbroker-1\\n' ;;
  "service scale") echo "\${4#*=}" > "$DIR/replicas" ;;
  "pause "*) echo "$2" > "$DIR/paused" ;;
  "unpause "*) rm "$DIR/paused" ;;
  "kill --signal") : > "$DIR/up"; (sleep 0.2; echo id-2 > "$DIR/running") & ;;
  "inspect --format") case "$3" in *Pid*) cat "$DIR/pid" ;; *) echo sha256:1 ;; esac ;;
  "top "*) printf 'PID\\n%s\\n' "$(cat "$DIR/top")" ;;
  "start "*) : > "$DIR/started" ;;
  "run --detach") while [ "$1" != --name ]; do shift; done; echo "$2" > "$DIR/names" ;;
  "rm --force") : > "$DIR/names" ;;
esac
exit 0
`;

let folder: ShellFolder;
let children: ChildProcess[];
beforeEach(() => {
  folder = new ShellFolder({ docker: DOCKER });
  folder.write("running", "id-1\n");
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  folder.dispose();
});

const marks = () => path.join(folder.directory, "marks");
const file = (name: string) => path.join(folder.directory, name);
const calls = () => (existsSync(file("calls")) ? readFileSync(file("calls"), "utf8").split("\n") : []);
/** What the script changed: commands other than lists and inspections. */
const changes = () => calls().filter((call) => /^(pause|unpause|kill|start|run|rm|service scale)/.test(call));
const markers = () => (existsSync(marks()) ? readdirSync(marks(), { recursive: true }) : []);
const untilTrue = async (what: string, isTrue: () => boolean) => {
  for (let tries = 0; !isTrue(); tries += 1) {
    if (tries === 250) assert.fail(`${what}: ${calls().join("\n")}`);
    await sleep(20);
  }
};

function start(changed: Partial<NodeFault> = {}) {
  const fault: NodeFault = {
    fault: "broker-pause",
    id: "run-1-1-broker-1",
    service: "broker-1",
    peers: [],
    dueMs: Date.now() + 100,
    durationSec: 60,
    options: {},
    ...changed,
  };
  const child = spawn("sh", ["-c", faultScript(fault, LABELS, marks())], {
    env: {
      PATH: `${file("bin")}:${process.env.PATH}`,
      DIR: folder.directory,
      LC_ALL: "C",
      MEMINFO: file("meminfo"),
      ENGINE_PID: file("engine.pid"),
    },
  });
  children.push(child);
  let text = "";
  child.stdout.on("data", (data) => {
    text += data;
  });
  child.stderr.on("data", (data) => {
    text += `error: ${data}`;
  });
  const ended = once(child, "exit");
  const words = () =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" "));
  return {
    child,
    ended,
    text: () => text,
    kinds: () => words().map(([kind]) => kind),
    /** The middle of a moment that the script reported. */
    moment: (kind: string) => {
      const [, from, to] = words().find(([word]) => word === kind) ?? [];
      return (Number(from) + Number(to)) / 2;
    },
  };
}

describe("the script of a fault", () => {
  it("waits until it is due, causes it for its time, undoes it and leaves no marker", async () => {
    const dueMs = Date.now() + 400;
    const script = start({ dueMs, durationSec: 0.7 });
    await untilTrue("paused", () => existsSync(file("paused")));
    assert.deepEqual(markers().sort(), ["swarmbench-ann-lab", "swarmbench-ann-lab/run-1-1-broker-1"]);
    await script.ended;
    assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
    assert.deepEqual(changes(), ["pause id-1", "unpause id-1"]);
    assert.ok(script.moment("began") >= dueMs);
    assert.ok(script.moment("ended") - script.moment("began") >= 690, script.text());
    assert.deepEqual(markers(), []);
  });

  const endings: Record<string, (child: ChildProcess) => unknown> = {
    SIGTERM: (child) => child.kill("SIGTERM"),
    SIGHUP: (child) => child.kill("SIGHUP"),
    SIGINT: (child) => child.kill("SIGINT"),
    "the end of its standard input, as when its connection is lost": (child) => child.stdin?.end(),
    "the end of its standard input and nobody who reads its output": (child) => {
      child.stdout?.destroy();
      child.stdin?.end();
    },
  };
  for (const [name, end] of Object.entries(endings)) {
    it(`undoes it at once after ${name}`, async () => {
      const script = start();
      await untilTrue("paused", () => existsSync(file("paused")));
      end(script.child);
      await script.ended;
      assert.deepEqual(changes(), ["pause id-1", "unpause id-1"]);
      assert.deepEqual(markers(), []);
    });
  }

  it("causes nothing if it is ended before it is due, or comes too late", async () => {
    const early = start({ dueMs: Date.now() + 60_000 });
    await untilTrue("prepared", () => markers().length > 0);
    early.child.stdin?.end();
    await early.ended;
    assert.match(early.text(), /^failed it was not executed, because the run was stopped before/);
    const late = start({ dueMs: Date.now() - 5_000 });
    await late.ended;
    assert.match(late.text(), /^failed it reached the node \d+ ms too late/);
    assert.deepEqual(changes(), []);
    assert.deepEqual(
      markers().filter((name) => String(name).includes("run-")),
      [],
    );
  });

  it("touches only containers with the stack's labels", async () => {
    folder.write("running", "");
    const script = start();
    await script.ended;
    assert.match(script.text(), /^failed no container of broker-1 runs on/);
    assert.deepEqual(changes(), []);
    for (const call of calls().filter((each) => each.startsWith("ps")))
      assert.match(
        call,
        /label=swarmbench\.stack=swarmbench-ann-lab .*label=swarmbench\.owner=\/home\/a b#1/,
      );
  });

  it("keeps a broker away by its service, and starts it again", async () => {
    const script = start({ fault: "broker-stop", durationSec: 0.3 });
    await script.ended;
    assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
    assert.deepEqual(changes(), ["service scale --detach broker-1=0", "service scale --detach broker-1=1"]);
    assert.deepEqual(markers(), []);
  });

  for (const [fault, signal] of [
    ["broker-kill", "KILL"],
    ["broker-restart", "TERM"],
  ] as const) {
    it(`reports when swarm has started the broker again (${fault})`, async () => {
      const script = start({ fault, durationSec: null });
      await script.ended;
      assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
      assert.deepEqual(changes(), [`kill --signal ${signal} id-1`]);
      assert.ok(script.moment("ended") - script.moment("began") > 50, script.text());
      assert.deepEqual(markers(), []);
    });
  }

  it("keeps CPUs busy with a labelled container that ends by itself, and removes it", async () => {
    const script = start({ fault: "cpu-hog", durationSec: 0.3, options: { cpus: 3 } });
    await script.ended;
    assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
    const [run = "", remove] = changes();
    assert.match(run, /^run --detach --rm --name swarmbench-hog-run-1-1-broker-1 --label swarmbench\.stack=/);
    assert.match(calls().join("\n"), /sleep "\$1" 3 5$/m);
    assert.equal(remove, "rm --force swarmbench-hog-run-1-1-broker-1");
  });

  it("takes memory with a container that has a limit and ends by itself, and removes it", async () => {
    folder.write("meminfo", "MemTotal: 9000000 kB\nMemAvailable: 800000 kB\n");
    const script = start({ fault: "memory-hog", durationSec: 0.3, options: { memoryMiB: 512 } });
    await script.ended;
    assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
    assert.match(calls().join("\n"), / --memory 576m .* 536870912 5$/m);
    assert.equal(changes().at(-1), "rm --force swarmbench-hog-run-1-1-broker-1");
  });

  it("takes no memory that its node needs", async () => {
    folder.write("meminfo", "MemAvailable: 700000 kB\n");
    const script = start({ fault: "memory-hog", durationSec: 0.3, options: { memoryMiB: 512 } });
    await script.ended;
    assert.match(script.text(), /^failed \S+ has 683 MiB of free memory, of which 256 MiB must stay free/);
    assert.deepEqual(changes(), []);
  });

  describe("that cuts a broker off", () => {
    /** iptables that keeps its rules in a file, in the network of process 4711. */
    const FIREWALL = `
[ "$1 $2 $3 $4" = "--target $(cat "$DIR/pid") --net iptables" ] || exit 9
shift 6
echo "$*" >> "$DIR/firewall"
touch "$DIR/rules"
action=$1
shift
case $action in
  -S) echo "-P INPUT ACCEPT"; cat "$DIR/rules" ;;
  -I) echo "-A $*" >> "$DIR/rules" ;;
  -D) grep -vxF -e "-A $*" "$DIR/rules" > "$DIR/others"; mv "$DIR/others" "$DIR/rules" ;;
esac`;
    const rules = () => (existsSync(file("rules")) ? readFileSync(file("rules"), "utf8") : "");
    const cut = (direction: "in" | "out" | "both", from: "all" | "brokers" | "clients" = "all") =>
      start({ fault: "broker-cut", durationSec: 0.3, options: { direction, from } });
    let sleeper: ChildProcess;
    beforeEach(() => {
      folder.program("nsenter", FIREWALL);
      folder.program("readlink", 'case "$1" in /proc/1/*) echo node ;; *) cat "$DIR/network" ;; esac');
      folder.write("network", "container");
      sleeper = spawn("sleep", ["60"]);
      children.push(sleeper);
      folder.write("pid", `${sleeper.pid}`);
    });

    const added = {
      in: ["-I INPUT ! -i lo -j DROP"],
      out: ["-I OUTPUT ! -o lo -j DROP"],
      both: ["-I INPUT ! -i lo -j DROP", "-I OUTPUT ! -o lo -j DROP"],
    };
    for (const direction of ["in", "out", "both"] as const) {
      it(`drops its packets in the direction ${direction} for its time, and nothing of the container's own`, async () => {
        const script = cut(direction);
        await untilTrue("cut", () => rules() !== "");
        await script.ended;
        assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
        const commands = readFileSync(file("firewall"), "utf8").split("\n");
        assert.deepEqual(
          commands.filter((each) => each.startsWith("-I")),
          added[direction],
        );
        assert.equal(rules(), "");
        assert.deepEqual(markers(), []);
      });
    }

    const scopes = {
      brokers: "-p tcp -m multiport --ports 9093,9094",
      clients: "-p tcp -m multiport ! --ports 9093,9094",
    };
    for (const from of ["brokers", "clients"] as const) {
      it(`can cut it off from ${from} alone`, async () => {
        const script = cut("both", from);
        await untilTrue("cut", () => rules() !== "");
        await script.ended;
        assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
        const commands = readFileSync(file("firewall"), "utf8").split("\n");
        assert.deepEqual(
          commands.filter((each) => each.startsWith("-I")),
          [`-I INPUT ! -i lo ${scopes[from]} -j DROP`, `-I OUTPUT ! -o lo ${scopes[from]} -j DROP`],
        );
        assert.equal(rules(), "");
      });
    }

    it("can cut it off from some brokers alone, and leaves other rules alone", async () => {
      folder.program(
        "docker",
        DOCKER.replace(
          '"ps --all")',
          '"exec id-1") [ "$6" = broker-3 ] || printf "10.0.1.7 STREAM $6\\n10.0.1.7 DGRAM\\n" ;;\n  "ps --all")',
        ),
      );
      const own = "-A INPUT -s 10.9.9.9/32 -j DROP\n";
      folder.write("rules", own);
      const script = start({
        ...{ fault: "broker-cut", durationSec: 0.3, peers: ["broker-2", "broker-1"] },
        options: { from: ["broker 2", "broker 1"] },
      });
      await untilTrue("cut", () => rules() !== own);
      await script.ended;
      assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
      const commands = readFileSync(file("firewall"), "utf8").split("\n");
      assert.deepEqual(
        commands.filter((each) => each.startsWith("-I")),
        ["-I INPUT -s 10.0.1.7/32 ! -i lo -j DROP", "-I OUTPUT -d 10.0.1.7/32 ! -o lo -j DROP"],
      );
      assert.equal(rules(), own);
      // Another address at the end: the broker of the cut was started again.
      folder.program(
        "docker",
        DOCKER.replace(
          '"ps --all")',
          '"exec id-1") [ ! -f "$DIR/again" ] || { echo 10.0.1.8 STREAM; exit 0; }; echo 10.0.1.7 STREAM ;;\n  "ps --all")',
        ),
      );
      const again = start({
        fault: "broker-cut",
        durationSec: 0.5,
        peers: ["broker-2"],
        options: { from: ["broker 2"] },
      });
      await untilTrue("begun", () => again.kinds().includes("began"));
      folder.write("again", "");
      await again.ended;
      assert.match(again.text(), /^failed brokers of the cut were started again meanwhile/m);
      assert.equal(rules(), own);
      folder.program("docker", DOCKER);
      const absent = start({ fault: "broker-cut", peers: ["broker-3"], options: { from: ["broker 3"] } });
      await absent.ended;
      assert.match(absent.text(), /^failed broker-1 does not find the address of broker-3; does it run\?/);
    });

    it("knows the ports by which brokers and controllers reach each other", () => {
      const { controller, internal } = KAFKA_PORTS;
      const text = readFileSync(path.join(import.meta.dirname, "node/common.sh"), "utf8");
      assert.match(text, new RegExp(`^PEER_PORTS=${controller},${internal}$`, "m"));
    });

    it("does not cut off the node", async () => {
      folder.write("network", "node");
      const script = cut("both");
      await script.ended;
      assert.match(script.text(), /^failed broker-1 uses the node's own network/);
      assert.equal(rules(), "");
    });

    it("does nothing if the firewall cannot be changed", async () => {
      folder.program("nsenter", "echo no permission >&2; exit 4");
      const script = cut("both");
      await script.ended;
      assert.match(script.text(), /^failed the firewall of broker-1 cannot be changed: no permission/);
      assert.deepEqual(markers(), []);
    });
  });

  describe("that makes a broker's link slow", () => {
    /** ip and tc in the network of process 4711, whose device eth0 has the queue in the file `queue`. */
    const NETWORK = `
[ "$1 $2 $3" = "--target $(cat "$DIR/pid") --net" ] || exit 9
shift 3
case "$1 $2 $3" in
  "ip -o link") printf '1: lo: <UP>\\n7: eth0@if8: <UP>\\n' ;;
  "tc qdisc add")
    case "$*" in *netem*) [ ! -f "$DIR/no-netem" ] || { echo "Error: Specified qdisc kind is unknown." >&2; exit 2; } ;; esac
    shift 6
    echo "$*" > "$DIR/queue" ;;
  "tc qdisc show") [ ! -f "$DIR/queue" ] || echo "qdisc tbf 5b3d: root" ;;
  "tc qdisc del") rm "$DIR/queue" ;;
esac`;
    const link = (options: NodeFault["options"]) =>
      start({ fault: "broker-link", durationSec: 0.3, options });
    beforeEach(() => {
      folder.program("nsenter", NETWORK);
      folder.program("readlink", 'case "$1" in /proc/1/*) echo node ;; *) echo container ;; esac');
      const sleeper = spawn("sleep", ["60"]);
      children.push(sleeper);
      folder.write("pid", `${sleeper.pid}`);
    });

    const cases: [NodeFault["options"], string][] = [
      [{ rateMbit: 10 }, "handle 5b3d: tbf rate 10mbit burst 64kb latency 400ms"],
      [{ delayMs: 20, lossPercent: 0.5 }, "handle 5b3d: netem delay 20ms loss 0.5%"],
      [{ delayMs: 1, rateMbit: 5 }, "handle 5b3d: netem delay 1ms rate 5mbit"],
    ];
    for (const [options, queue] of cases) {
      it(`with ${JSON.stringify(options)}, for its time`, async () => {
        const script = link(options);
        await untilTrue("slow", () => existsSync(file("queue")));
        assert.equal(readFileSync(file("queue"), "utf8"), `${queue}\n`);
        await script.ended;
        assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
        assert.ok(!existsSync(file("queue")));
        assert.deepEqual(markers(), []);
      });
    }

    it("says what the kernel lacks", async () => {
      folder.write("no-netem", "");
      const script = link({ delayMs: 20 });
      await script.ended;
      assert.match(script.text(), /^failed Error: Specified qdisc kind is unknown/);
      assert.deepEqual(markers(), []);
    });
  });

  describe("that kills the engine", () => {
    /** An engine whose parent is this process, which the test calls by another name. */
    const prepare = (parent: string, changes: Record<string, string> = {}) => {
      const engine = spawn("sleep", ["60"]);
      children.push(engine);
      folder.write("engine.pid", `${engine.pid}`);
      const { manager = "echo false", services = "broker-1\\n", all = "id-1\n" } = changes;
      folder.write("all", all);
      folder.program(
        "docker",
        DOCKER.replace(
          'case "$1 $2" in',
          `case "$1 $2" in
  "info --format") ${manager} ;;
  "ps --format") labelled "$@"; printf '${services}' ;;
  "ps --quiet") case "$*" in *label=*) labelled "$@"; cat "$DIR/running" ;; *) cat "$DIR/all" ;; esac ;;`,
        ),
      );
      folder.program("cat", `case "$1" in /proc/*/comm) echo ${parent} ;; *) exec /bin/cat "$@" ;; esac`);
      folder.program("systemctl", `echo ${changes.restart ?? "always"}`);
      return engine;
    };
    const kill = () => start({ fault: "engine-kill", durationSec: null });

    for (const parent of ["runsv", "systemd"]) {
      it(`of a node where ${parent} starts it again, and reports when swarm has started the broker again`, async () => {
        const engine = prepare(parent);
        const ended = once(engine, "exit");
        const script = kill();
        const [, signal] = await ended;
        assert.equal(signal, "SIGKILL");
        folder.write("running", "id-2\n");
        await script.ended;
        assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
        assert.deepEqual(changes(), []);
      });
    }

    const refused: [string, Record<string, string>, RegExp][] = [
      ["runsv", { manager: "echo true" }, /manages the swarm/],
      ["runsv", { manager: "exit 1" }, /does not answer/],
      ["runsv", { services: "broker-1\\nconsumers\\n" }, /also has producers or consumers/],
      ["runsv", { services: "broker-1\\nbroker-2\\n" }, /has several brokers/],
      ["runsv", { all: "id-1\nid-9\n" }, /containers that are not this stack's/],
      ["systemd", { restart: "no" }, /systemd would not start the engine/],
      ["bash", {}, /nothing would start the engine/],
    ];
    for (const [parent, changed, expected] of refused) {
      it(`is not executed, and refused before the run, where it does harm: ${expected.source}`, async () => {
        const engine = prepare(parent, changed);
        const script = kill();
        await script.ended;
        assert.match(script.text(), new RegExp(`^failed .*${expected.source}`));
        assert.equal(engine.signalCode, null);
        const text = `ENGINE_PID=${file("engine.pid")}\n${checkScript(["engine-kill"], LABELS)}`;
        assert.match(folder.run(text).stdout, new RegExp(`^engine-kill .*${expected.source}`));
      });
    }
  });

  describe("that kills a local node", () => {
    const kill = () => start({ fault: "node-kill", container: "lab-node2", durationSec: 0.3 });

    it("kills its container, and starts it again", async () => {
      for (const list of ["names", "up"]) folder.write(list, "lab-node2\n");
      const script = kill();
      await script.ended;
      assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
      assert.deepEqual(changes(), ["kill --signal KILL lab-node2", "start lab-node2"]);
      assert.deepEqual(markers(), []);
    });

    it("does nothing if the stack has no such container", async () => {
      for (const list of ["names", "up"]) folder.write(list, "lab-node22\n");
      const script = kill();
      await script.ended;
      assert.match(script.text(), /^failed no container lab-node2 of this stack runs on this machine/);
      assert.deepEqual(changes(), []);
    });
  });

  describe("that fills a broker's disk", () => {
    /** Without the change of user, which only root can make. */
    const SETPRIV = 'while [ "$1" != --clear-groups ]; do shift; done; shift; exec "$@"';
    const process = () => {
      const child = spawn("sleep", ["60"]);
      children.push(child);
      return child.pid ?? assert.fail();
    };
    const limitOf = (pid: number) =>
      /^Max file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))?.slice(1);
    const fill = () => start({ fault: "disk-full", durationSec: 2 });

    it("lets no process of its container write to files for its time, also not of one that swarm starts again", async () => {
      folder.program("setpriv", SETPRIV);
      const [first, second] = [process(), process()];
      folder.write("top", `${first}`);
      const script = fill();
      await untilTrue("full", () => limitOf(first)?.[0] === "0");
      folder.write("top", `${second}`);
      folder.write("running", "id-2\n");
      await untilTrue("full again", () => limitOf(second)?.[0] === "0");
      await script.ended;
      assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
      assert.deepEqual(limitOf(second), ["unlimited", "unlimited"]);
      assert.deepEqual([changes(), markers()], [[], []]);
    });

    it("sets and lifts the limit of another user's process, and leaves its hard limit as it is", {
      skip: globalThis.process.getuid?.() !== 0 && "only root can have a process of another user",
    }, async () => {
      const command = "--reuid 65534 --regid 65534 --clear-groups prlimit --fsize=1000:2000 sleep 60";
      const child = spawn("setpriv", command.split(" "));
      children.push(child);
      const pid = child.pid ?? assert.fail();
      await untilTrue("started", () => limitOf(pid)?.[1] === "2000");
      folder.write("top", `${pid}`);
      const script = fill();
      await untilTrue("full", () => limitOf(pid)?.[0] === "0");
      await script.ended;
      assert.deepEqual(script.kinds(), ["began", "ended"], script.text());
      assert.deepEqual(limitOf(pid), ["2000", "2000"]);
    });

    it("does not begin if its container has no process", async () => {
      folder.write("top", "");
      const script = fill();
      await script.ended;
      assert.deepEqual(script.kinds(), ["failed"], script.text());
      assert.deepEqual(markers(), []);
    });

    it("is undone by its marker if its script was killed", async () => {
      folder.program("setpriv", SETPRIV);
      const pid = process();
      folder.write("top", `${pid}`);
      const script = fill();
      await untilTrue("begun", () => script.kinds().includes("began"));
      script.child.kill("SIGKILL");
      await script.ended;
      assert.equal(limitOf(pid)?.[0], "0");
      assert.equal(folder.run(leftScript("undo", LABELS, marks())).stdout, "undone disk-full broker-1\n");
      assert.equal(limitOf(pid)?.[0], "unlimited");
    });
  });

  it("undoes what Docker did although it reported an error", async () => {
    folder.program(
      "docker",
      DOCKER.replace('> "$DIR/paused" ;;', '> "$DIR/paused"; echo "lost it" >&2; exit 1 ;;'),
    );
    const script = start();
    await script.ended;
    assert.match(script.text(), /^failed lost it/);
    assert.deepEqual(changes(), ["pause id-1", "unpause id-1"]);
    assert.deepEqual(markers(), []);
  });
});

describe("the check of a node", () => {
  const checked = (needs: string[], programs: Record<string, string>) => {
    for (const [name, text] of Object.entries(programs)) folder.program(name, text);
    // Only these programs are there, and what a shell needs.
    folder.run('for name in uname cat sed grep sort date; do ln -s "$(command -v $name)" "$DIR/bin/"; done');
    const { code, stdout, stderr } = folder.run(`PATH="$DIR/bin"\n${checkScript(needs, LABELS)}`);
    assert.equal(code, 0, stderr);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.replace(/ of \S+ has| \S+ has/, " NODE has"));
  };
  const ALL = { iptables: "", nsenter: "", ip: "", tc: "", unshare: "exit 0" };

  it("finds nothing where programs and queues are there", () => {
    assert.deepEqual(checked(["broker-cut", "broker-link", "netem", "tbf", "broker-pause"], ALL), []);
  });

  it("names each missing program, and does not take it for a missing queue", () => {
    const { nsenter } = ALL;
    assert.deepEqual(checked(["broker-cut", "broker-link", "netem"], { nsenter }), [
      "broker-cut NODE has no program iptables; install it",
      "broker-link NODE has no program ip; install it",
      "broker-link NODE has no program tc; install it",
      "broker-link NODE has no program unshare; install it",
    ]);
  });

  it("names each queue that the kernel lacks", () => {
    const unshare = 'case "$*" in *netem*) exit 2 ;; esac';
    const found = checked(["broker-link", "netem", "tbf"], { ...ALL, unshare });
    assert.equal(found.length, 1);
    assert.match(found[0] ?? "", /^broker-link the kernel .*no netem, .*; use rateMbit alone$/);
  });
});

describe("a fault whose script was killed", () => {
  const left = (mode: "list" | "undo") => {
    const { code, stdout, stderr } = folder.run(leftScript(mode, LABELS, marks()));
    assert.equal(code, 0, stderr);
    return parseLeft("node1", stdout).map(({ state, fault, service }) => `${state} ${fault} ${service}`);
  };
  const killed = async (changed: Partial<NodeFault> = {}) => {
    const script = start(changed);
    await untilTrue("begun", () => script.kinds().includes("began"));
    const active = `active ${changed.fault ?? "broker-pause"} broker-1`;
    assert.ok(left("list").includes(active), "it is left alone while its script runs");
    script.child.kill("SIGKILL");
    await script.ended;
  };

  it("is found by its marker, and undone once", async () => {
    await killed();
    assert.ok(existsSync(file("paused")));
    assert.deepEqual(left("list"), ["left broker-pause broker-1"]);
    assert.deepEqual(left("undo"), ["undone broker-pause broker-1"]);
    assert.deepEqual(changes(), ["pause id-1", "unpause id-1"]);
    assert.deepEqual(markers(), []);
    assert.deepEqual([left("list"), left("undo")], [[], []]);
  });

  it("is undone for each kind that lasts", async () => {
    await killed({ fault: "broker-stop" });
    await killed({ fault: "cpu-hog", id: "hog" });
    assert.deepEqual(left("undo").sort(), ["undone broker-stop broker-1", "undone cpu-hog broker-1"]);
    assert.equal(readFileSync(file("replicas"), "utf8"), "1\n");
    assert.equal(readFileSync(file("names"), "utf8"), "");
  });

  it("keeps its marker while the engine does not answer", async () => {
    await killed();
    folder.write("down", "");
    assert.deepEqual(left("undo"), ["failed broker-pause broker-1"]);
    assert.equal(markers().length, 2);
  });

  it("needs no undoing if its broker is gone", async () => {
    await killed();
    folder.run('rm "$DIR/paused"');
    assert.deepEqual(left("undo"), ["undone broker-pause broker-1"]);
    assert.deepEqual(changes(), ["pause id-1"]);
  });

  it("of another stack is left alone", async () => {
    await killed();
    const other = ["swarmbench.stack=swarmbench-bob-lab", "swarmbench.owner=/home/bob"];
    assert.equal(folder.run(leftScript("undo", other, marks())).stdout, "");
    assert.ok(existsSync(file("paused")));
  });
});

describe("a script for a node", () => {
  it("is not built without the labels that tell the stack's containers from others", () => {
    for (const labels of [[], ["a=1", "b=2"], ["swarmbench.stack=../x", "swarmbench.owner=y"]])
      assert.throws(() => leftScript("undo", labels), /no labels/);
  });

  it("reaches its shell unchanged, also with sudo", () => {
    folder.program("sudo", '[ "$1" = -n ] || exit 9; shift; exec "$@"');
    folder.program("fake-ssh", 'exec sh -c "$1"');
    for (const sudo of ["", "sudo -n "]) {
      const { stdout } = folder.run(
        onNode({ ssh: "fake-ssh", sudo }, `echo "it's $((1 + 1))"; cat`),
        "input",
      );
      assert.equal(stdout, "it's 2\ninput");
    }
  });
});
