import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { nodeFile } from "../../lib/clocks/nodeFiles.ts";
import { ShellFolder } from "../../test/support/shell.ts";

const folders: ShellFolder[] = [];
after(() => {
  for (const folder of folders) folder.dispose();
});
const folder = (programs: Record<string, string> = {}) => {
  const made = new ShellFolder(programs);
  folders.push(made);
  return made;
};
const here = folder();
/** Passes a daemon's output to a function of sample.sh. */
const parse = (call: string, input: string, adjust = "no") =>
  here.run(`ADJUST=${adjust}\n${nodeFile("sample.sh")}\n${call}`, input).stdout.trim();

// Recorded from ptpd 2.3.1, linuxptp 3.1.1 and chrony 4.3 between two containers.
const STATISTICS = `# Timestamp, State, Clock ID, One Way Delay, Offset From Master, Slave to Master, Master to Slave
2026-11-25 00:57:21.108017, lstn_init,  1 
2026-11-25 00:57:28.876157, slv, 0242acfffe120002(unknown)/1,  0.000000000,  0.000010484,  0.000000000,  0.000005109, 0.000000000, S, 0.000000000, 0
2026-11-25 00:57:29.319001, slv, 0242acfffe120002(unknown)/1,  0.000015121,  0.000010484,  0.000027652,  0.000005109, 0.000000000, D, 0.000000000, 0
2026-11-25 00:57:29.876172, slv, 0242acfffe120002(unknown)/1,  0.000015121, -0.000001906,  0.000027652,  0.000006201, 0.000000000, S, 0.000000000, 0
2026-11-25 00:57:30.319001, slv, 0242acfffe120002(unknown)/1,  0.000015300, -0.000001906,  0.000027652,  0.000006201, 0.000000000, D, 0.000000000, 0
`;
const pmc = (state: string, offset: string, delay: string) => `sending: GET CURRENT_DATA_SET
sending: GET PORT_DATA_SET
	0242ac.fffe.120003-0 seq 0 RESPONSE MANAGEMENT CURRENT_DATA_SET 
		stepsRemoved     1
		offsetFromMaster ${offset}
		meanPathDelay    ${delay}
	0242ac.fffe.120003-1 seq 1 RESPONSE MANAGEMENT PORT_DATA_SET 
		portIdentity            0242ac.fffe.120003-1
		portState               ${state}
		peerMeanPathDelay       0
`;
const TRACKING =
  "AC120002,172.18.0.2,9,1795568262.080242918,0.000011554,-0.000003626,0.000017351,0.666,-0.110,7.376,0.000053014,0.000020130,1.0,Normal\n";
const NTPDATA =
  "172.18.0.2,AC120002,11123,172.18.0.3,AC120003,Normal,4,Server,8,0,1,-25,0.000000030,0.000000,0.000000,7F7F0101,,1795568250.886289278,0.000009137,0.000053010,0.000000060,0.000076690,0.00,111,111,1111,Yes,No,Kernel,Kernel,15,15,15,14\n";

describe("ptpd's statistics", () => {
  it("have the last Sync's offset and the path delay, in µs", () => {
    assert.equal(
      parse("parse_ptpd_statistics", STATISTICS),
      "SLAVE -1.906 15.121 2026-11-25T00:57:29.876172",
    );
  });

  it("have no offset before the path delay is known, because the offset still includes it", () => {
    const first = STATISTICS.split("\n").slice(0, 3).join("\n");
    assert.equal(parse("parse_ptpd_statistics", first), "UNCALIBRATED");
  });

  it("have the state of the status file", () => {
    assert.equal(
      parse("parse_ptpd_state", "Preset  :  slaveonly\nPort state         :  PTP_SLAVE\n"),
      "SLAVE",
    );
    assert.equal(parse("parse_ptpd_state", "Port state         :  PTP_LISTENING\n"), "LISTENING");
  });
});

describe("pmc's answer", () => {
  it("has the offset and path delay of a slave, in µs", () => {
    assert.equal(parse("parse_pmc", pmc("SLAVE", "-3396.0", "13585.0")), "SLAVE -3.396 13.585 -3.396/13.585");
  });

  it("counts as a slave's if ptp4l measures without adjusting, although ptp4l reports another state", () => {
    const answer = pmc("UNCALIBRATED", "-3396.0", "13585.0");
    assert.match(parse("parse_pmc", answer, "no"), /^SLAVE -3\.396 /);
    assert.equal(parse("parse_pmc", answer, "yes"), "UNCALIBRATED");
    assert.equal(parse("parse_pmc", pmc("UNCALIBRATED", "0.0", "0.0"), "no"), "UNCALIBRATED");
  });

  it("has only the state otherwise, and DOWN without an answer", () => {
    assert.equal(parse("parse_pmc", pmc("MASTER", "0.0", "0.0")), "MASTER");
    assert.equal(parse("parse_pmc", pmc("LISTENING", "-99.0", "5.0")), "LISTENING");
    assert.equal(parse("parse_pmc", "\n"), "DOWN");
  });
});

describe("chronyc's answers", () => {
  const now = "1795568263.5";
  it("have the correction that chrony would make if it does not adjust: a slow clock is negative", () => {
    assert.equal(
      parse(`parse_chrony ${now}`, TRACKING + NTPDATA),
      "SLAVE -11.554 26.505 1795568262.080242918",
    );
  });

  it("have the offset before the correction if chrony adjusts", () => {
    assert.match(parse(`parse_chrony ${now}`, TRACKING + NTPDATA, "yes"), /^SLAVE -3\.626 26\.505 /);
  });

  it("are STALE if the last update is too old", () => {
    assert.equal(parse("parse_chrony 1795568299.0", TRACKING + NTPDATA), "STALE");
  });

  it("are LISTENING without a source", () => {
    assert.equal(
      parse(`parse_chrony ${now}`, "00000000,,0,0.000000000,0,0,0,0,0,0,1,1,0,Not synchronised\n"),
      "LISTENING",
    );
  });
});

describe("sampling ptpd", () => {
  let ptpd: ShellFolder;
  const sample = () =>
    ptpd.run(`RUN=$DIR/run ADJUST=no\n${nodeFile("sample.sh")}\nlook_at_time; sample_ptpd`).stdout.trim();
  beforeEach(() => {
    ptpd = folder();
    ptpd.write("run/ptpd.lock", `${process.pid}\n`);
    ptpd.write("run/ptpd.status", "Port state         :  PTP_SLAVE\n");
    ptpd.write("run/ptpd.statistics", STATISTICS);
  });

  it("has the offset while the files are recent", () => assert.match(sample(), /^SLAVE -1\.906 /));

  it("is DOWN without its process, even if its files are recent", () => {
    ptpd.write("run/ptpd.lock", "999999999\n");
    assert.equal(sample(), "DOWN");
  });

  it("is STALE if it runs but writes or measures nothing", () => {
    ptpd.run("touch -d '1 minute ago' run/ptpd.statistics");
    assert.equal(sample(), "STALE");
    ptpd.run("touch -d '1 minute ago' run/ptpd.status");
    assert.equal(sample(), "STALE");
  });

  it("is MASTER, without an offset, on the reference node", () => {
    ptpd.write("run/ptpd.status", "Port state         :  PTP_MASTER\n");
    assert.equal(sample(), "MASTER");
  });
});

describe("status.json", () => {
  const json = (call: string) =>
    JSON.parse(here.run(`KIND=ptpd\n${nodeFile("status.sh")}\nstatus_json ${call}`).stdout) as unknown;
  it("has the offset and path delay of a slave", () => {
    assert.deepEqual(json("SLAVE -1.9 15.1 1732500000.1"), {
      kind: "ptpd",
      state: "SLAVE",
      offset_us: -1.9,
      path_delay_us: 15.1,
      at: 1732500000.1,
    });
  });

  it("has an offset of 0 for the master, and none if it is unknown", () => {
    const offsetOf = (call: string) => (json(call) as { offset_us: number | null }).offset_us;
    assert.equal(offsetOf("MASTER '' '' 1"), 0);
    for (const state of ["DOWN", "STALE", "NONE", "LISTENING"])
      assert.equal(offsetOf(`${state} '' '' 1`), null);
  });

  it("keeps the last eight measurements, each once, and none from before a lost lock", () => {
    const here = folder();
    const text = `RUN=$DIR\nlast= recent=\n${nodeFile("status.sh")}\n: > recent\n`;
    const many = Array.from(
      { length: 10 },
      (_, n) => `remember SLAVE ${n} 5 id${n}\nremember SLAVE ${n} 5 id${n}`,
    );
    assert.equal(here.run(`${text}${many.join("\n")}\ncat recent`).stdout, "2 3 4 5 6 7 8 9\n");
    assert.equal(
      here.run(`${text}remember SLAVE 1 5 a\nremember STALE\nremember SLAVE 2 5 b\ncat recent`).stdout,
      "2\n",
    );
  });

  it("is written every second until the clock has settled, then every 15 s", () => {
    const pauseOf = (state: string, recent: string) =>
      here
        .run(`RUN=$DIR\n${nodeFile("status.sh")}\nrecent="${recent}"\nchoose_pause ${state}\necho "$PAUSE"`)
        .stdout.trim();
    assert.deepEqual(
      [
        pauseOf("SLAVE", "1 2 3"),
        pauseOf("LISTENING", ""),
        pauseOf("SLAVE", "1 2 3 4 5 6 7 8"),
        pauseOf("MASTER", ""),
      ],
      ["1", "1", "15", "15"],
    );
  });

  it("stops NTP while PTP is locked, and starts it again when the lock has been lost for long", () => {
    const steps = (states: string) => `ntp=unknown unlocked=0
service_up() { echo "up $1"; }
service_down() { echo "down $1"; }
for state in ${states}; do hand_over $state; done`;
    const { stdout } = here.run(
      `${nodeFile("status.sh")}\n${steps("LISTENING SLAVE SLAVE STALE SLAVE LISTENING LISTENING LISTENING LISTENING LISTENING LISTENING LISTENING LISTENING LISTENING LISTENING LISTENING SLAVE")}`,
    );
    assert.equal(stdout, "down ntp\nup ntp\ndown ntp\n");
  });
});
