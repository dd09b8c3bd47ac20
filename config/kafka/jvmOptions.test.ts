import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jvmOptionErrors } from "./jvmOptions.ts";

describe("the options of a broker's JVM", () => {
  for (const options of [
    ["-XX:MaxGCPauseMillis=10", "-XX:+AlwaysPreTouch"],
    ["-XX:+UseZGC", "-Xlog:gc*", "-Dlog4j2.level=DEBUG", "-XX:-UseCompressedOops"],
    ["-XX:+UnlockExperimentalVMOptions", "-XX:G1NewSizePercent=30"],
    ["-XX:+IgnoreUnrecognizedVMOptions", "-XX:+FromTheFuture"],
    [
      "-XX:StartFlightRecording=duration=60s",
      "-javaagent:/opt/a.jar",
      "--add-opens=java.base/java.nio=ALL-UNNAMED",
    ],
  ]) {
    it(`may be ${options.join(" ")}`, () => assert.deepEqual(jvmOptionErrors(options), []));
  }

  for (const [option, error] of [
    ["-Xmx6g", /set kafka\.heap instead/],
    ["-Xms6g", /set kafka\.heap instead/],
    ["-XX:MaxHeapSize=6g", /set kafka\.heap instead/],
    ["-XX:MaxRAMPercentage=50", /set kafka\.heap instead/],
    ["-XX:+UseParNewGC", /Java 14 removed that collector; set -XX:\+UseG1GC/],
    ["-XX:+UseConcMarkSweepGC", /Java 14 removed that collector/],
    ["-XX:MaxGCPauseMilis=10", /did you mean MaxGCPauseMillis\?/],
    ["-XX:MaxGCPauseMillis", /^0: .* expected -XX:MaxGCPauseMillis=VALUE/],
    ["-XX:AlwaysPreTouch", /expected -XX:\+AlwaysPreTouch or -XX:-AlwaysPreTouch/],
    ["-XX:G1NewSizePercent=30", /only after -XX:\+UnlockExperimentalVMOptions/],
    ["-version", /Java has no such option, or it would not start the broker/],
    ["-jar", /would not start the broker/],
  ] as const) {
    it(`may not be ${option}`, () => assert.match(jvmOptionErrors([option])[0] ?? "", error));
  }

  it("choose one garbage collector", () =>
    assert.match(
      jvmOptionErrors(["-XX:+UseZGC", "-XX:+UseSerialGC"])[0] ?? "",
      /got UseZGC and UseSerialGC; choose one/,
    ));
});
