import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clockPlan, domainOf } from "../../components/clocks/plan.ts";
import { CLOCK_KINDS, type ClockKind } from "../../config/clocks.ts";
import { bridgeConfig, chronyConfig, ptp4lConfig, ptpdConfig } from "./configs.ts";

const run = "/run/clock";
const plan = (
  kind: ClockKind,
  more: { adjust?: boolean; role?: "master" | "slave"; ntpServers?: string[] } = {},
) => {
  const { adjust = false, role = "slave", ntpServers = ["pool.ntp.org"] } = more;
  const settings = { kind, ntpServers };
  return clockPlan({ settings, role, adjust, master: "10.0.0.10", prefix: "swarmbench-ann-local" });
};
const textOf = ({ files }: ReturnType<typeof plan>, name: string) =>
  Object.entries(files).find(([path]) => path.endsWith(`/${name}`))?.[1];

describe("ptpd's configuration", () => {
  it("measures once a second, names its output files, and never adjusts if adjust is false", () => {
    assert.equal(
      ptpdConfig({ role: "slave", adjust: false, domain: 7, run }),
      `ptpengine:preset=slaveonly
ptpengine:domain=7
ptpengine:log_announce_interval=0
ptpengine:announce_receipt_timeout=3
ptpengine:log_sync_interval=0
ptpengine:log_delayreq_interval=0
clock:no_adjust=y
global:foreground=y
global:lock_file=/run/clock/ptpd.lock
global:log_status=y
global:status_file=/run/clock/ptpd.status
global:status_update_interval=1
global:log_statistics=y
global:statistics_file=/run/clock/ptpd.statistics
global:statistics_log_interval=0
global:statistics_file_max_size=1000
global:statistics_file_max_files=1
global:statistics_file_truncate=y
`,
    );
  });

  it("steps the clock at its start and then slews it if adjust is true", () => {
    const text = ptpdConfig({ role: "master", adjust: true, domain: 7, run });
    assert.match(text, /^ptpengine:preset=masteronly\n/);
    assert.match(text, /\nclock:step_startup_force=y\n/);
    assert.doesNotMatch(text, /no_adjust/);
  });
});

describe("ptp4l's configuration", () => {
  it("runs free if adjust is false", () => {
    assert.equal(
      ptp4lConfig({ role: "slave", adjust: false, domain: 7, run }),
      `[global]
domainNumber 7
slaveOnly 1
logAnnounceInterval 0
logSyncInterval 0
logMinDelayReqInterval 0
logging_level 5
uds_address /run/clock/ptp4l.sock
free_running 1
`,
    );
  });

  it("adjusts the clock if adjust is true", () => {
    const text = ptp4lConfig({ role: "master", adjust: true, domain: 7, run });
    assert.match(text, /\nmasterOnly 1\n/);
    assert.doesNotMatch(text, /free_running/);
  });
});

describe("chrony's configuration", () => {
  it("makes a slave poll the master every second, and serve no clients", () => {
    assert.equal(
      chronyConfig({ role: "slave", adjust: false, servers: ["10.0.0.10"], name: "swarmbench" }),
      `server 10.0.0.10 iburst minpoll 0 maxpoll 0 xleave
port 0
cmdport 0
bindcmdaddress /run/chrony/swarmbench.sock
pidfile /run/chrony/swarmbench.pid
`,
    );
  });

  it("makes a master follow the NTP servers, and serve its own time without them", () => {
    const text = chronyConfig({ role: "master", adjust: true, servers: ["ntp.lab"], name: "swarmbench" });
    assert.match(text, /^pool ntp\.lab iburst\nlocal stratum 10\nallow\nmakestep 0\.0001 3\n/);
  });

  it("follows NTP servers beside PTP, and serves no clients", () => {
    assert.match(bridgeConfig(["a", "b"], "swarmbench"), /^pool a iburst\npool b iburst\nport 0\n/);
  });
});

describe("clockPlan", () => {
  for (const kind of CLOCK_KINDS) {
    it(`(${kind}) never sets a clock that nodes share: no NTP, no phc2sys, no adjustment`, () => {
      for (const role of ["master", "slave"] as const) {
        const made = plan(kind, { role });
        assert.deepEqual(made.services, kind === "none" ? ["status"] : ["sync", "status"]);
        const texts = Object.values(made.files).join("\n");
        const stops = { ptpd: "clock:no_adjust=y", linuxptp: "free_running 1", chrony: "free=-x", none: "" };
        assert.ok(texts.includes(stops[kind]));
        assert.ok(!/makestep|step_startup|first_step|rtcsync/.test(texts));
      }
    });

    it(`(${kind}) has a status service on every node`, () => {
      assert.ok(plan(kind, { adjust: true }).services.includes("status"));
    });
  }

  it("runs NTP until PTP has locked, if the node has its own clock", () => {
    const made = plan("ptpd", { adjust: true });
    assert.deepEqual(made.services, ["sync", "ntp", "status"]);
    assert.deepEqual(made.packages, ["ptpd:ptpd", "chronyd:chrony"]);
    assert.match(textOf(made, "swarmbench.conf") ?? "", /^pool pool\.ntp\.org iburst\n/);
  });

  it("runs no NTP without NTP servers", () => {
    assert.deepEqual(plan("ptpd", { adjust: true, ntpServers: [] }).services, ["sync", "status"]);
  });

  it("copies the network card's time to the kernel only with linuxptp", () => {
    assert.deepEqual(plan("linuxptp", { adjust: true }).services, ["sync", "ntp", "phc", "status"]);
    assert.match(textOf(plan("linuxptp", { adjust: true }), "run-phc") ?? "", /exec phc2sys -a -rr /);
  });

  it("makes chrony's slaves follow the master, even if NTP servers are configured", () => {
    const made = plan("chrony", { adjust: true });
    assert.match(textOf(made, "swarmbench.conf") ?? "", /^server 10\.0\.0\.10 /);
    assert.doesNotMatch(textOf(made, "swarmbench.conf") ?? "", /pool/);
  });
});

describe("domainOf", () => {
  it("is stable for a stack, mostly differs between stacks, and is never PTP's default", () => {
    const domains = Array.from({ length: 50 }, (_, index) => domainOf(`stack${index}`));
    assert.deepEqual(
      domains,
      domains.map((_, index) => domainOf(`stack${index}`)),
    );
    assert.ok(domains.every((domain) => domain >= 1 && domain <= 127));
    assert.ok(new Set(domains).size > 30);
  });
});
