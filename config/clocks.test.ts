import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { settingsErrorsOf } from "../test/support/settingsErrors.ts";
import { parseSettings } from "./settings.ts";

const parse = (clockSync: object) =>
  parseSettings({ clockSync: JSON.stringify(clockSync) }, "local", "ann").clockSync;

describe("clockSync", () => {
  it("is PTPd within 100 µs by default", () => {
    assert.deepEqual(parse({}), {
      kind: "ptpd",
      maxOffsetUs: 100,
      timeoutSec: 120,
      ntpServers: ["pool.ntp.org"],
    });
  });

  it("accepts each kind", () => {
    for (const kind of ["ptpd", "linuxptp", "chrony", "none"]) assert.equal(parse({ kind }).kind, kind);
  });

  it("accepts a bound in any small unit", () => {
    const bounds = ["50 nanoseconds", "1 microsecond", "2.5 milliseconds", "1 second"];
    assert.deepEqual(
      bounds.map((maxOffset) => parse({ maxOffset }).maxOffsetUs),
      [0.05, 1, 2500, 1_000_000],
    );
  });

  it("has the configured interface and servers", () => {
    const { interface: name, ntpServers } = parse({
      interface: "eth1.7",
      ntpServers: ["10.0.0.1", "ntp.lab"],
    });
    assert.deepEqual([name, ntpServers], ["eth1.7", ["10.0.0.1", "ntp.lab"]]);
    assert.deepEqual(parse({ ntpServers: [] }).ntpServers, []);
  });

  for (const [what, config, error] of [
    [
      "another kind",
      { kind: "ntpd" },
      /^swarmbench:clockSync\.kind: expected one of ptpd, linuxptp, chrony, none$/,
    ],
    [
      "a bound without a unit",
      { maxOffset: "100" },
      /^swarmbench:clockSync\.maxOffset: .*"100 microseconds"/,
    ],
    ["a bound of zero", { maxOffset: "0 microseconds" }, /^swarmbench:clockSync\.maxOffset: .*above zero/],
    [
      "an interface with shell syntax",
      { interface: "eth0;reboot" },
      /^swarmbench:clockSync\.interface: expected the name/,
    ],
    [
      "an invalid server",
      { ntpServers: ["a b"] },
      /^swarmbench:clockSync\.ntpServers\.0: expected a host's name/,
    ],
    ["a typo", { maxOfset: "1 second" }, /^swarmbench:clockSync: no such setting: maxOfset$/],
  ] as const) {
    it(`rejects ${what}, with its path`, () => {
      const errors = settingsErrorsOf(() => parse(config));
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? "", error);
    });
  }
});
