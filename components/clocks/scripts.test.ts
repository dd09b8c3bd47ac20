import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { cleanScript, compareScript } from "../../cli/clocks/nodes.ts";
import { CLOCK_KINDS } from "../../config/clocks.ts";
import { nodeFile } from "../../lib/clocks/nodeFiles.ts";
import { parses } from "../../test/support/fakeDocker.ts";
import { ShellFolder } from "../../test/support/shell.ts";
import { clockPlan } from "./plan.ts";
import { awaitScript, installScript, removeCommand } from "./scripts.ts";

const folders: ShellFolder[] = [];
after(() => {
  for (const folder of folders) folder.dispose();
});
const folder = (programs: Record<string, string> = {}) => {
  const made = new ShellFolder(programs);
  folders.push(made);
  return made;
};

const planOf = (kind: (typeof CLOCK_KINDS)[number], adjust: boolean) =>
  clockPlan({
    settings: { kind, ntpServers: ["pool.ntp.org"] },
    role: "slave",
    adjust,
    master: "10.0.0.10",
    prefix: "swarmbench-ann-local",
  });
const install = (kind: (typeof CLOCK_KINDS)[number], adjust = false) =>
  installScript({ node: "node2", address: "10.0.0.11", plan: planOf(kind, adjust), machine: "machine-1" });

describe("every script is valid sh:", () => {
  const settings = { kind: "ptpd", maxOffsetUs: 100, timeoutSec: 60 } as const;
  const compare = { role: "slave", address: "10.0.0.10", others: ["ptpd", "chrony"], seconds: 5 } as const;
  const scripts: Record<string, string> = {
    ...Object.fromEntries(CLOCK_KINDS.map((kind) => [`install ${kind}`, install(kind, true)])),
    await: awaitScript({ node: "node2", master: "node1", settings, marks: ["a"] }),
    compare: compareScript({ ...compare, others: [...compare.others] }),
    clean: cleanScript(),
    remove: removeCommand(),
  };
  for (const kind of CLOCK_KINDS) {
    for (const [file, text] of Object.entries(planOf(kind, true).files)) {
      if (!file.endsWith(".conf")) scripts[`${kind}: ${path.basename(file)}`] = text;
    }
  }
  for (const [name, text] of Object.entries(scripts)) {
    it(name, async () => assert.equal(await parses(text), ""));
  }
});

describe("installScript", () => {
  it("changes with the machine, so that it runs again", () => {
    const on = (machine: string) =>
      installScript({ node: "n", address: "10.0.0.11", plan: planOf("ptpd", false), machine });
    assert.notEqual(on("a"), on("b"));
  });

  it("writes every file of the plan", () => {
    for (const file of Object.keys(planOf("linuxptp", true).files)) {
      assert.ok(install("linuxptp", true).includes(`write '${file}' `), file);
    }
  });
});

describe("removeCommand", () => {
  it("does nothing on a node without clock synchronisation", () => {
    assert.deepEqual(folder().run(removeCommand()), { code: 0, stdout: "", stderr: "" });
  });
});

describe("waiting for a clock", () => {
  /** A fake node with this status and these offsets. Its clock advances by one second with every check. */
  function waits(status: string, recent: string, timeoutSec = 7) {
    const node = folder({
      date: 'n=$(cat "$DIR/clock" 2>/dev/null || echo 1000); echo "$n"',
      sleep:
        'n=$(cat "$DIR/clock" 2>/dev/null || echo 1000); echo $((n + 1)) > "$DIR/clock"; sh "$DIR/tick" 2>/dev/null || true',
    });
    node.write("status.json", status);
    node.write("recent", recent);
    const settings = { kind: "ptpd", maxOffsetUs: 20, timeoutSec } as const;
    const script = awaitScript({ node: "node2", master: "node1", settings, marks: [] })
      .replace(/^STATUS=.*$/m, 'STATUS="$DIR"')
      .replace(/^RUN=.*$/m, 'RUN="$DIR"');
    return { node, run: () => node.run(script) };
  }
  const status = (state: string, seconds = 1000, delay: number | null = 15.1) =>
    `{"kind":"ptpd","state":"${state}","offset_us":-1.9,"path_delay_us":${delay},"at":${seconds}.5}\n`;
  const lines = (...offsets: number[]) => `${offsets.join(" ")}\n`;

  it("ends immediately if the median of the last eight absolute offsets is within the bound", () => {
    const { run } = waits(status("SLAVE"), lines(-1, 900, 3, -4, 5, -6, -700, 8));
    assert.deepEqual(run(), { code: 0, stdout: "SLAVE 6 µs\n", stderr: "" });
  });

  it("does not wait on the reference node, nor without clock synchronisation", () => {
    for (const state of ["MASTER", "NONE"]) {
      assert.deepEqual(waits(status(state), "").run(), { code: 0, stdout: `${state}\n`, stderr: "" });
    }
  });

  it("waits for enough offsets", () => {
    const { node, run } = waits(status("SLAVE"), lines(1, 2, 3), 30);
    node.write("tick", 'echo "$(cat "$DIR/recent") 4" > "$DIR/recent"');
    assert.equal(run().stdout, "SLAVE 4 µs\n");
  });

  it("reports the state and a hint after the timeout", () => {
    const { code, stderr } = waits(status("SLAVE", 1006), lines(-90, 80, 70, 60, -50, 95, 96, 97)).run();
    assert.equal(code, 1);
    const [message = ""] = stderr.split("\n").filter((line) => !line.startsWith("waiting"));
    assert.match(
      message,
      /^the clock of node2 is not within 20 µs of node1's after 7 s \(clockSync\.kind: ptpd\): /,
    );
    assert.match(message, /state SLAVE, last offsets -90 80 70 60 -50 95 96 97 µs, path delay 15\.1 µs\./);
    assert.match(message, /clockSync\.maxOffset or clockSync\.timeout/);
  });

  it("reports progress from the third second on, but not every second", () => {
    const { stderr } = waits(status("LISTENING", 1007, null), "", 14).run();
    const progress = stderr.split("\n").filter((line) => line.startsWith("waiting"));
    assert.ok(progress.length >= 2 && progress.length <= 4, stderr);
    assert.equal(progress[0], "waiting for the clock of node2: LISTENING");
  });

  it("ignores the last status of a service that has died", () => {
    const { code, stderr } = waits(status("MASTER", 900), "").run();
    assert.equal(code, 1);
    assert.match(stderr, /state unknown \(nothing was written for \d+ s\)/);
  });
});

describe("services", () => {
  const use = (calls: string) => `LIB=/lib/clock RUNIT=$DIR/sv SYSTEMD=$DIR/systemd UNITS=$DIR/units
${nodeFile("services.sh")}
${calls}`;
  const record = 'echo "$(basename "$0") $*" >> "$DIR/calls"';

  it("of runit appear atomically, and are removed with their processes", () => {
    const node = folder({ sv: record });
    node.write("sv/sshd/run", "");
    assert.equal(
      node.run(use("service_install sync; ls -A sv; cat sv/clock-sync/run")).stdout,
      "clock-sync\nsshd\n#!/bin/sh\nexec 2>&1\nexec /bin/sh /lib/clock/run-sync\n",
    );
    node.run(
      use(
        "mkdir sv/clock-sync/supervise; mkfifo sv/clock-sync/supervise/ok; service_install sync; service_remove sync",
      ),
    );
    assert.match(
      readFileSync(path.join(node.directory, "calls"), "utf8"),
      /^sv -w 15 force-restart \S+clock-sync\nsv -w 15 force-shutdown \S+\.gone-sync\n$/,
    );
    assert.equal(node.run("ls -A sv").stdout, "sshd\n");
    assert.equal(node.run(use("service_remove sync")).code, 0, "a second time");
  });

  it("of systemd are enabled, so that they start with the machine, and restarted", () => {
    const node = folder({ systemctl: record });
    node.write("systemd/x", "");
    node.write("units/other", "");
    node.run(use("service_install sync"));
    const unit = readFileSync(path.join(node.directory, "units/swarmbench-clock-sync.service"), "utf8");
    assert.match(unit, /\nExecStart=\/bin\/sh \/lib\/clock\/run-sync\nRestart=always\n/);
    node.run(use("service_remove sync"));
    assert.equal(
      readFileSync(path.join(node.directory, "calls"), "utf8"),
      `systemctl daemon-reload
systemctl --quiet enable swarmbench-clock-sync.service
systemctl restart swarmbench-clock-sync.service
systemctl --quiet disable --now swarmbench-clock-sync.service
systemctl daemon-reload
`,
    );
    assert.ok(!existsSync(path.join(node.directory, "units/swarmbench-clock-sync.service")));
  });

  it("fail with a hint if there is no service manager", () => {
    const { code, stderr } = folder().run(use("service_install sync"));
    assert.equal(code, 1);
    assert.match(stderr, /neither systemd nor runit.*clockSync\.kind: none/);
  });

  it("of the machine that set its clock are stopped, and only those are started again at removal", () => {
    const node = folder({
      systemctl: `case $* in *is-active*) case $* in *chrony.service*) exit 0 ;; *) exit 3 ;; esac ;; esac\n${record}`,
    });
    node.write("systemd/x", "");
    node.write("kept/x", "");
    node.run(use("KEEP=$DIR/kept; stop_rivals yes; restart_rivals; restart_rivals"));
    assert.equal(
      readFileSync(path.join(node.directory, "calls"), "utf8"),
      "systemctl --quiet disable --now chrony.service\nsystemctl --quiet enable --now chrony.service\n",
    );
  });
});

describe("packages", () => {
  const use = (calls: string) =>
    `PATH=$DIR/bin:/usr/bin:/bin\nKEEP=$DIR/kept\n${nodeFile("packages.sh")}\n${calls}`;
  const record = 'echo "$(basename "$0") $*" >> "$DIR/calls"';
  const calls = (node: ShellFolder) =>
    existsSync(path.join(node.directory, "calls"))
      ? readFileSync(path.join(node.directory, "calls"), "utf8")
      : "";

  it("are not installed if the program exists", () => {
    const node = folder({ "apt-get": record, clockd: "" });
    assert.equal(node.run(use("packages_install clockd:clock")).code, 0);
    assert.equal(calls(node), "");
  });

  it("are installed if the program is missing, and removed if unneeded, but only if this script installed them", () => {
    const node = folder({ "apt-get": record, there: "" });
    node.run(use("packages_install there:there nowhere1:one nowhere2:two; packages_remove two"));
    assert.equal(
      calls(node),
      `apt-get -qq -o DPkg::Lock::Timeout=5 update
apt-get -s install -y --no-install-recommends one two
apt-get -qq -o DPkg::Lock::Timeout=5 install -y --no-install-recommends one two
apt-get -qq -o DPkg::Lock::Timeout=5 purge -y one
`,
    );
    assert.equal(node.run("cat kept/packages").stdout, "two\n");
  });

  const DISPLACING = `${record}
case "$*" in "-s install"*) echo "Remv systemd-timesyncd [252.39]"; echo "Inst chrony (4.3)" ;; esac`;

  it("that apt removes for them, such as systemd-timesyncd for chrony, are installed again at the end", () => {
    const node = folder({ "apt-get": DISPLACING });
    node.run(use("packages_install chronyd:chrony; packages_remove; packages_restore; packages_restore"));
    assert.equal(
      calls(node).split("\n").slice(3).join("\n"),
      `apt-get -qq -o DPkg::Lock::Timeout=5 purge -y chrony
apt-get -qq -o DPkg::Lock::Timeout=5 install -y --no-install-recommends systemd-timesyncd
`,
    );
  });

  it("that cannot be installed again are named, with the command to run", () => {
    const fails = `${DISPLACING}\ncase "$*" in *" install "*timesyncd*) exit 100 ;; esac`;
    const { code, stderr } = folder({ "apt-get": fails }).run(
      use("packages_install chronyd:chrony; packages_remove; packages_restore"),
    );
    assert.equal(code, 0);
    assert.match(stderr, /no time service: apt-get install systemd-timesyncd/);
  });

  it("that cannot be installed cause an error with a hint", () => {
    const { code, stderr } = folder({ "apt-get": "exit 100" }).run(use("packages_install nowhere:clock"));
    assert.equal(code, 1);
    assert.match(
      stderr,
      /could not install clock on this node; install it there by hand, or choose another clockSync\.kind/,
    );
  });

  /** apt-get while another package manager holds a lock, for a number of installations, including the simulated one. */
  const locked = (calls: number) => `${record}
case "$*" in *" install "*) ;; *) exit 0 ;; esac
echo >> "$DIR/tries"
[ "$(wc -l < "$DIR/tries")" -gt ${calls} ] || {
  echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)" >&2
  echo "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?" >&2
  exit 100
}`;
  /** Each sleep takes 20 seconds. */
  const TIME = {
    date: 'echo $(( 1000 + 20 * $(wc -l < "$DIR/slept") ))',
    sleep: 'echo >> "$DIR/slept"',
  };
  const withLock = (calls: number) => {
    const node = folder({ "apt-get": locked(calls), ...TIME });
    node.write("slept", "");
    return node;
  };

  it("wait until another package manager releases its lock, and say so now and then", () => {
    const { code, stderr } = withLock(6).run(use("NODE=node3; packages_install clockd:clock"));
    assert.equal(code, 0);
    const lines = stderr.trim().split("\n");
    assert.deepEqual(lines, [
      "node3: waiting for the package lock of unattended-upgr (process 812), 0 of 300 s",
      "node3: waiting for the package lock of unattended-upgr (process 812), 40 of 300 s",
      "node3: waiting for the package lock of unattended-upgr (process 812), 80 of 300 s",
    ]);
  });

  it("fail after five minutes with one error that names the holder of the lock", () => {
    const { code, stderr } = withLock(1_000).run(use("NODE=node3; packages_install clockd:clock"));
    assert.equal(code, 1);
    assert.equal(
      stderr.trim().split("\n").at(-1),
      "node3: timed out after 300 s waiting for the package lock of unattended-upgr (process 812); run this command again when it has finished",
    );
    assert.doesNotMatch(stderr, /could not install|by hand/);
  });
});
