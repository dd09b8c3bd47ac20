import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { nodeFile } from "../../lib/clocks/nodeFiles.ts";
import { parsed } from "../../test/support/commands.ts";
import { project } from "../lib/paths.ts";
import { readArguments as argumentsOf } from "./arguments.ts";
import { clocksCommand } from "./command.ts";
import { compareScript, othersOf } from "./nodes.ts";
import { accuracies, readSample } from "./samples.ts";
import { accuracyTable } from "./table.ts";

const slave = (method: string, offsetUs: number, id = String(offsetUs)) =>
  readSample(`${method} SLAVE ${offsetUs} 20 ${id}`) ?? assert.fail();

describe("npm run clocks", () => {
  const readArguments = (args: string[]) => argumentsOf(parsed(clocksCommand(), args));

  it("measures 30 s on the local stack by default", () => {
    assert.deepEqual(readArguments([]), { stack: "local", seconds: 30, results: path.join(project, "runs") });
    assert.equal(readArguments(["-s", "lab", "--seconds", "5"]).stack, "lab");
  });

  it("refuses a time that is not a whole number of seconds in range", () => {
    for (const seconds of ["4", "x", "1.5"]) {
      assert.throws(() => readArguments(["--seconds", seconds]), /expected a whole number from 5 to 3600/);
    }
  });

  it("runs the protocol that is not configured next to the one that is", () => {
    assert.deepEqual((["ptpd", "linuxptp", "chrony", "none"] as const).map(othersOf), [
      ["chrony"],
      ["chrony"],
      ["ptpd"],
      ["ptpd", "chrony"],
    ]);
  });

  it("sets no clock", () => {
    const text = compareScript({
      role: "slave",
      address: "10.0.0.10",
      others: ["ptpd", "chrony"],
      seconds: 9,
    });
    assert.match(text, /chronyd -x /);
    assert.match(text, /clock:no_adjust=y/);
    assert.doesNotMatch(text, /makestep|step_startup/);
  });

  it("uses other files than the node's own clock synchronisation", () => {
    const text = compareScript({ role: "slave", address: "10.0.0.10", others: ["chrony"], seconds: 9 });
    const ours = [...text.matchAll(/^([A-Z_]+)='/gm)].map(([, name]) => name);
    const [, env = ""] = /cat > "\$LIB\/env" <<ENV\n(.*?)\nENV/s.exec(nodeFile("install.sh")) ?? [];
    const theirs = [...env.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    assert.ok(theirs.includes("CHRONY_CONFIG") && ours.includes("WORK"));
    assert.deepEqual(
      ours.filter((name) => theirs.includes(name)),
      ["LIB"],
    );
  });

  it("queries the master's chrony on a port that no time service uses", () => {
    const others = ["chrony" as const];
    const on = (role: "master" | "slave") =>
      compareScript({ role, address: "10.0.0.10", others, seconds: 9 });
    assert.match(on("slave"), /server 10\.0\.0\.10 port 11123 /);
    assert.match(on("master"), /\nport 11123\n/);
  });
});

describe("a line that a node prints", () => {
  it("is a measurement", () => {
    assert.deepEqual(readSample("ptpd SLAVE -1.906 15.121 2026-11-25T00:57:29.876172"), {
      method: "ptpd",
      state: "SLAVE",
      offsetUs: -1.906,
      pathDelayUs: 15.121,
      id: "2026-11-25T00:57:29.876172",
    });
  });

  it("is a state without a measurement, or a keep-alive line", () => {
    assert.deepEqual(readSample("chrony LISTENING"), { method: "chrony", state: "LISTENING" });
    assert.equal(readSample("settling"), undefined);
  });
});

describe("accuracies", () => {
  it("are computed for each method, counting each measurement once", () => {
    const samples = [
      slave("ptpd", -2),
      slave("ptpd", -2),
      slave("chrony", 7),
      slave("ptpd", 4),
      slave("ptpd", 10),
    ];
    const [ptp, ntp] = accuracies("node2", samples);
    assert.equal(ptp?.samples, 3);
    assert.deepEqual([ptp?.mean, ptp?.median, ptp?.max, ptp?.pathDelay], [4, 4, 10, 20]);
    assert.ok(Math.abs((ptp?.jitter ?? 0) - Math.sqrt(24)) < 1e-9);
    assert.deepEqual([ntp?.method, ntp?.samples, ntp?.jitter], ["chrony", 1, 0]);
  });

  it("use absolute offsets for p99 and maximum", () => {
    const samples = Array.from({ length: 200 }, (_, n) => slave("ptpd", n === 7 ? -500 : n / 100, `id${n}`));
    const [found] = accuracies("node2", samples);
    assert.equal(found?.max, 500);
    assert.ok((found?.p99 ?? 0) < 2);
  });

  it("have no values but the state for a method without samples", () => {
    assert.deepEqual(accuracies("node2", [readSample("chrony LISTENING") ?? assert.fail()]), [
      { node: "node2", method: "chrony", state: "LISTENING", samples: 0 },
    ]);
  });
});

describe("the table", () => {
  it("has a line for each node and method", () => {
    const table = accuracyTable(
      accuracies("node2", [slave("ptpd", 4), readSample("chrony DOWN") ?? assert.fail()]),
    );
    assert.match(table, /max \|offset\|/);
    assert.match(table, /│ node2 │ PTP \(ptpd\) +│ 1 +│ 4\.0 +│ 4\.0 +│ 4\.0 +│ 20\.0 +│ 0\.0 +│ SLAVE │/);
    assert.match(table, /│ node2 │ NTP \(chrony\) │ 0 +│ - +│ - +│/);
  });

  it("shows a 99th percentile when there are enough measurements", () => {
    const many = Array.from({ length: 100 }, (_, n) => slave("ptpd", n));
    assert.match(accuracyTable(accuracies("node2", many)), /p99 \|offset\|/);
  });
});
