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

describe("every script is one that sh can parse:", () => {
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
  it("is another one for another machine, so that it runs again", () => {
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
  it("leaves a node alone that has no clock sync", () => {
    assert.deepEqual(folder().run(removeCommand()), { code: 0, stdout: "", stderr: "" });
  });
});

describe("waiting for a clock", () => {
  /** A node whose status and last offsets are these; its clock goes on by a second a look. */
  function waits(status: string, recent: string, timeoutSec = 7) {
    const at = folder({
      date: 'n=$(cat "$DIR/clock" 2>/dev/null || echo 1000); echo "$n"',
      sleep:
        'n=$(cat "$DIR/clock" 2>/dev/null || echo 1000); echo $((n + 1)) > "$DIR/clock"; sh "$DIR/tick" 2>/dev/null || true',
    });
    at.write("status.json", status);
    at.write("recent", recent);
    const settings = { kind: "ptpd", maxOffsetUs: 20, timeoutSec } as const;
    const script = awaitScript({ node: "node2", master: "node1", settings, marks: [] })
      .replace(/^STATUS=.*$/m, 'STATUS="$DIR"')
      .replace(/^RUN=.*$/m, 'RUN="$DIR"');
    return { at, run: () => at.run(script) };
  }
  const status = (state: string, at = 1000, delay: number | null = 15.1) =>
    `{"kind":"ptpd","state":"${state}","offset_us":-1.9,"path_delay_us":${delay},"at":${at}.5}\n`;
  const lines = (...offsets: number[]) => `${offsets.join(" ")}\n`;

  it("ends at once where the median of the last eight offsets' sizes is within the bound", () => {
    const { run } = waits(status("SLAVE"), lines(-1, 900, 3, -4, 5, -6, -700, 8));
    assert.deepEqual(run(), { code: 0, stdout: "SLAVE 6 µs\n", stderr: "" });
  });

  it("does not wait for the node that the others follow, nor where there is no clock sync", () => {
    for (const state of ["MASTER", "NONE"]) {
      assert.deepEqual(waits(status(state), "").run(), { code: 0, stdout: `${state}\n`, stderr: "" });
    }
  });

  it("waits until there are enough offsets", () => {
    const { at, run } = waits(status("SLAVE"), lines(1, 2, 3), 30);
    at.write("tick", 'echo "$(cat "$DIR/recent") 4" > "$DIR/recent"');
    assert.equal(run().stdout, "SLAVE 4 µs\n");
  });

  it("says after the time-out what was found and what to do", () => {
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

  it("tells of its waiting from the third second on, and not every second", () => {
    const { stderr } = waits(status("LISTENING", 1007, null), "", 14).run();
    const told = stderr.split("\n").filter((line) => line.startsWith("waiting"));
    assert.ok(told.length >= 2 && told.length <= 4, stderr);
    assert.equal(told[0], "waiting for the clock of node2: LISTENING");
  });

  it("does not take the last word of a status service that has died", () => {
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

  it("of runit appear whole, and go with what they ran", () => {
    const at = folder({ sv: record });
    at.write("sv/sshd/run", "");
    assert.equal(
      at.run(use("service_install sync; ls -A sv; cat sv/clock-sync/run")).stdout,
      "clock-sync\nsshd\n#!/bin/sh\nexec 2>&1\nexec /bin/sh /lib/clock/run-sync\n",
    );
    at.run(
      use(
        "mkdir sv/clock-sync/supervise; mkfifo sv/clock-sync/supervise/ok; service_install sync; service_remove sync",
      ),
    );
    assert.match(
      readFileSync(path.join(at.directory, "calls"), "utf8"),
      /^sv -w 15 force-restart \S+clock-sync\nsv -w 15 force-shutdown \S+\.gone-sync\n$/,
    );
    assert.equal(at.run("ls -A sv").stdout, "sshd\n");
    assert.equal(at.run(use("service_remove sync")).code, 0, "a second time");
  });

  it("of systemd are enabled, so that they come back with the machine, and restarted", () => {
    const at = folder({ systemctl: record });
    at.write("systemd/x", "");
    at.write("units/other", "");
    at.run(use("service_install sync"));
    const unit = readFileSync(path.join(at.directory, "units/swarmbench-clock-sync.service"), "utf8");
    assert.match(unit, /\nExecStart=\/bin\/sh \/lib\/clock\/run-sync\nRestart=always\n/);
    at.run(use("service_remove sync"));
    assert.equal(
      readFileSync(path.join(at.directory, "calls"), "utf8"),
      `systemctl daemon-reload
systemctl --quiet enable swarmbench-clock-sync.service
systemctl restart swarmbench-clock-sync.service
systemctl --quiet disable --now swarmbench-clock-sync.service
systemctl daemon-reload
`,
    );
    assert.ok(!existsSync(path.join(at.directory, "units/swarmbench-clock-sync.service")));
  });

  it("are refused where nothing would keep them running, with what to do", () => {
    const { code, stderr } = folder().run(use("service_install sync"));
    assert.equal(code, 1);
    assert.match(stderr, /neither systemd nor runit.*clockSync\.kind: none/);
  });

  it("of the machine that set its clock rest meanwhile, and no other is woken again", () => {
    const at = folder({
      systemctl: `case $* in *is-active*) case $* in *chrony.service*) exit 0 ;; *) exit 3 ;; esac ;; esac\n${record}`,
    });
    at.write("systemd/x", "");
    at.write("kept/x", "");
    at.run(use("KEEP=$DIR/kept; rest_rivals yes; wake_rivals; wake_rivals"));
    assert.equal(
      readFileSync(path.join(at.directory, "calls"), "utf8"),
      "systemctl --quiet disable --now chrony.service\nsystemctl --quiet enable --now chrony.service\n",
    );
  });
});

describe("packages", () => {
  const use = (calls: string) =>
    `PATH=$DIR/bin:/usr/bin:/bin\nKEEP=$DIR/kept\n${nodeFile("packages.sh")}\n${calls}`;
  const record = 'echo "$(basename "$0") $*" >> "$DIR/calls"';
  const calls = (at: ShellFolder) =>
    existsSync(path.join(at.directory, "calls"))
      ? readFileSync(path.join(at.directory, "calls"), "utf8")
      : "";

  it("are not asked for where the program is there", () => {
    const at = folder({ "apt-get": record, clockd: "" });
    assert.equal(at.run(use("packages_install clockd:clock")).code, 0);
    assert.equal(calls(at), "");
  });

  it("are installed where it is missing, and of those that we installed only the unwanted go again", () => {
    const at = folder({ "apt-get": record, there: "" });
    at.run(use("packages_install there:there nowhere1:one nowhere2:two; packages_remove two"));
    assert.equal(
      calls(at),
      `apt-get -qq update
apt-get -qq install -y --no-install-recommends one two
apt-get -qq purge -y one
`,
    );
    assert.equal(at.run("cat kept/packages").stdout, "two\n");
  });

  it("that cannot be had fail with what to do", () => {
    const { code, stderr } = folder({ "apt-get": "exit 100" }).run(use("packages_install nowhere:clock"));
    assert.equal(code, 1);
    assert.match(
      stderr,
      /could not install clock on this node; install it there by hand, or choose another clockSync\.kind/,
    );
  });
});
