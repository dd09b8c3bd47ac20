// Checks of `kafka.jvmOptions`: a JVM that does not know one of its options does not start, and neither does its broker.
import { didYouMean } from "../../contract/kafkaProperty.ts";
// The flags of `java -XX:+UnlockDiagnosticVMOptions -XX:+UnlockExperimentalVMOptions -XX:+PrintFlagsFinal` of OpenJDK 17, and
// those of later versions up to 25 that users set.
import flags from "./jvmFlags.json" with { type: "json" };

interface Flag {
  kind: "product" | "diagnostic" | "experimental";
  form: "boolean" | "value";
}

const FLAGS: ReadonlyMap<string, Flag> = new Map(
  (["product", "diagnostic", "experimental"] as const).flatMap((kind) =>
    (["boolean", "value"] as const).flatMap((form) =>
      flags[kind][form].split(" ").map((name) => [name, { kind, form }] as const),
    ),
  ),
);

/** Removed flags, and what replaces them. */
const REMOVED: readonly [pattern: RegExp, replacement: string][] = [
  [
    /^(UseParNewGC|UseConcMarkSweepGC|CMS.*)$/,
    "Java 14 removed that collector; set -XX:+UseG1GC or -XX:+UseZGC",
  ],
  [/^UseParallelOldGC$/, "Java 15 removed it; set -XX:+UseParallelGC"],
  [/^(Max)?PermSize$/, "Java 8 removed it; set -XX:MaxMetaspaceSize"],
  [
    /^(PrintGC(DateStamps|TimeStamps|Cause|ApplicationStoppedTime)|PrintTenuringDistribution|UseGCLogFileRotation|NumberOfGCLogFiles|GCLogFileSize)$/,
    "Java 9 removed it; set -Xlog:gc*",
  ],
  [/^(AggressiveOpts|UseCGroupMemoryLimitForHeap)$/, "Java has removed it; leave it out"],
];

const HEAP = /^-(Xm[xs]|XX:(Max|Initial|Min)(HeapSize|RAMPercentage|RAMFraction)=|XX:MaxRAM=)/;
const COLLECTOR = /^-XX:\+(Use(?:Serial|Parallel|G1|Z|Shenandoah|Epsilon)GC)$/;
/** Options that are not flags, with their values. */
const OTHERS = [
  /^-D[^=]+(=.*)?$/,
  /^-X(log|loggc|ss|mn|int|comp|mixed|batch|rs|share|check|noclassgc|bootclasspath\/a|verify|internalversion)\b.*$/,
  /^-(javaagent|agentlib|agentpath|verbose|splash):.+$/,
  /^-(server|client|verbose|ea|da|esa|dsa|enableassertions|disableassertions|enablesystemassertions)(:.+)?$/,
  /^--(add-(opens|exports|reads|modules)|enable-native-access|illegal-native-access|finalization|module-path|limit-modules|patch-module)=.+$/,
  /^--(enable-preview|sun-misc-unsafe-memory-access=.+)$/,
];

/** Returns the errors in a list of JVM options, as lines of `index: what is wrong`. */
export function jvmOptionErrors(options: readonly string[]): string[] {
  const errors = options.flatMap((option, index) => {
    const error = optionError(option, options);
    return error === undefined ? [] : [`${index}: ${option}: ${error}`];
  });
  const collectors = new Set(options.flatMap((option) => COLLECTOR.exec(option)?.[1] ?? []));
  if (collectors.size > 1) {
    const names = [...collectors].join(" and ");
    errors.push(`${options.length - 1}: a JVM has one garbage collector, got ${names}; choose one`);
  }
  return errors;
}

function optionError(option: string, options: readonly string[]): string | undefined {
  if (HEAP.test(option)) return "set kafka.heap instead, which is the initial and the maximum heap";
  if (option.startsWith("-XX:")) {
    return options.includes("-XX:+IgnoreUnrecognizedVMOptions")
      ? undefined
      : flagError(option.slice(4), options);
  }
  if (OTHERS.some((pattern) => pattern.test(option))) return undefined;
  return "Java has no such option, or it would not start the broker; leave it out, or choose one such as -XX:+UseZGC, -Xlog:gc* or -Dname=value";
}

function flagError(text: string, options: readonly string[]): string | undefined {
  const [, sign = "", name = "", value] = /^([+-]?)(\w+)(?:=(.*))?$/s.exec(text) ?? [];
  const removed = REMOVED.find(([pattern]) => pattern.test(name))?.[1];
  const flag = FLAGS.get(name);
  if (!flag) return removed ?? unknownFlag(name);
  if (flag.form === "boolean" && (sign === "" || value !== undefined)) {
    return `expected -XX:+${name} or -XX:-${name}`;
  }
  const isBare = value === undefined && name !== "StartFlightRecording";
  if (flag.form === "value" && (sign !== "" || value === "" || isBare)) return `expected -XX:${name}=VALUE`;
  const unlock = unlockOf(flag);
  if (unlock === undefined || name.startsWith("Unlock")) return undefined;
  const [here, before] = [options.indexOf(`-XX:${text}`), options.indexOf(unlock)];
  return before >= 0 && before < here
    ? undefined
    : `Java accepts it only after ${unlock}; add that before it`;
}

function unlockOf({ kind }: Flag): string | undefined {
  if (kind === "product") return undefined;
  return kind === "diagnostic" ? "-XX:+UnlockDiagnosticVMOptions" : "-XX:+UnlockExperimentalVMOptions";
}

function unknownFlag(name: string): string {
  const bypass = "to pass it anyway, add -XX:+IgnoreUnrecognizedVMOptions";
  return `Java has no such flag, so that no broker would start${didYouMean(name, FLAGS.keys())}; ${bypass}`;
}
