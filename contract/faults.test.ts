import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { benchmarkErrors } from "./benchmarkErrors.ts";
import { completeBenchmarkSchema } from "./completeWorkload.ts";
import { faultTargetErrors, hasFaults, plannedFaults } from "./faultPlan.ts";
import { FAULT_KINDS, FAULT_NAMES } from "./faults.ts";
import { type FaultTarget, mayCoincide, parseFaultTarget, targetText } from "./faultTarget.ts";
import { plainMessage } from "./plainMessage.ts";
import { benchmarkSchema, workloadSchema } from "./workload.ts";

const parse = (faults: unknown, more: object = {}) =>
  benchmarkSchema.safeParse({ duration: "100 seconds", ...more, faults }, { error: plainMessage });
const parsed = (faults: unknown, more: object = {}) => parse(faults, more).data ?? assert.fail();
const messages = (faults: unknown) =>
  parse(faults).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
const errors = (faults: unknown, more: object = {}) =>
  benchmarkErrors(workloadSchema.parse({}), parsed(faults, more));

const targets: fc.Arbitrary<FaultTarget> = fc.oneof(
  fc.record({ kind: fc.constant("broker" as const), number: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant("consumer" as const), number: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant("all" as const) }),
  fc.record({ kind: fc.constant("controller" as const) }),
  fc.record({
    kind: fc.constantFrom("leader" as const, "follower" as const),
    partition: fc.integer({ min: 0, max: 9_999 }),
  }),
);

describe("the target of a fault", () => {
  it("is read from its text, in any case and with any blanks", () => {
    fc.assert(
      fc.property(targets, fc.boolean(), (target, loud) => {
        const text = targetText(target);
        assert.deepEqual(parseFaultTarget(text), { ...target });
        const other = ` ${(loud ? text.toUpperCase() : text).replaceAll(" ", "  ")} `;
        assert.deepEqual(parseFaultTarget(other), { ...target });
      }),
    );
  });

  it("is nothing else", () => {
    for (const text of ["", "broker", "broker 0", "broker 1x", "leader", "leader of partition -1", "node 2"])
      assert.equal(parseFaultTarget(text), undefined, text);
  });

  it("may be the same as another one, unless they are a broker and a consumer, or both are numbers that differ", () => {
    fc.assert(
      fc.property(targets, targets, (a, b) => {
        const differ = "number" in a && "number" in b && a.number !== b.number;
        const unlike = (a.kind === "consumer") !== (b.kind === "consumer");
        assert.equal(mayCoincide(a, b), !differ && !unlike);
      }),
    );
  });
});

describe("the faults of a benchmark", () => {
  const pause = { at: "10 seconds", fault: "broker-pause", target: "broker 1", duration: "5 seconds" };

  it("are in a parsed form that every process accepts", () => {
    const benchmark = parsed([
      pause,
      { at: "30 seconds", fault: "broker-kill", target: "Leader of partition 0" },
    ]);
    const received = completeBenchmarkSchema.parse(JSON.parse(JSON.stringify(benchmark)));
    assert.deepEqual(received.faults, [
      { at: 10, fault: "broker-pause", target: "broker 1", duration: 5 },
      { at: 30, fault: "broker-kill", target: "leader of partition 0" },
    ]);
  });

  it("are rejected with all mistakes at once, each with its path", () => {
    const found = messages([
      { at: "2 seconds", fault: "broker-pause", target: "broker 1" },
      { at: "20 seconds", fault: "broker-kill", target: "broker 1", duration: "5 seconds", repeat: 2 },
      { at: "20 seconds", fault: "broker-burn", target: "broker one", duration: "5 seconds" },
      { at: "20 seconds", fault: "memory-hog", target: "broker 1", duration: "5 seconds" },
      { at: "20 seconds", fault: "broker-link", target: "broker 1", duration: "5 seconds" },
      { at: "20 seconds", fault: "broker-link", target: "broker 1", duration: "5 seconds", rateMbit: 0 },
      { at: "20 seconds", fault: "consumer-leave", target: "broker 1", duration: "5 seconds" },
      { at: "25 seconds", fault: "consumer-kill", target: "controller" },
      { ...pause, at: "30 seconds", target: "consumer 1" },
      { ...pause, at: "40 seconds", fault: "broker-cut", from: ["broker two"] },
      { ...pause, delayMs: 5, cpus: 2, memoryMiB: 512, direction: "in", from: "brokers", every: "9 seconds" },
    ]);
    const expected = [
      /^faults\.0\.at: expected at least 5 seconds/,
      /^faults\.0\.duration: broker-pause needs a duration/,
      /^faults\.1\.duration: broker-kill has no duration/,
      /^faults\.1\.every: repeat needs the time/,
      /^faults\.2\.fault: expected one of broker-pause/,
      /^faults\.2\.target: expected broker N, .* got "broker one"/,
      /^faults\.3\.memoryMiB: memory-hog needs/,
      /^faults\.4\.fault: broker-link needs at least one/,
      /^faults\.5\.rateMbit: expected a number from 0\.1/,
      /^faults\.6\.target: consumer-leave needs a consumer/,
      /^faults\.7\.target: consumer-kill needs a consumer/,
      /^faults\.7\.duration: consumer-kill needs a duration/,
      /^faults\.8\.target: broker-pause needs a broker/,
      /^faults\.9\.from: expected all, brokers, clients, or a list of brokers/,
      /^faults\.10\.delayMs: only broker-link/,
      /^faults\.10\.cpus: only cpu-hog/,
      /^faults\.10\.memoryMiB: only memory-hog/,
      /^faults\.10\.direction: only broker-cut/,
      /^faults\.10\.from: only broker-cut/,
      /^faults\.10\.repeat: every needs/,
    ];
    for (const pattern of expected)
      assert.ok(
        found.some((text) => pattern.test(text)),
        `${pattern}\n${found}`,
      );
    assert.equal(found.length, expected.length, found.join("\n"));
  });

  it("are rejected while the target of an earlier one is still on its way back", () => {
    const early = (fault: string, target: string, at: number) =>
      errors([
        { at: "10 seconds", fault, target, duration: "5 seconds" },
        { at, fault: target.startsWith("consumer") ? fault : "broker-pause", target, duration: "5 seconds" },
      ])[0] ?? "";
    const until: [string, string, number][] = [
      ["node-kill", "broker 1", 45],
      ["disk-full", "broker 1", 35],
      ["consumer-kill", "consumer 1", 45],
      ["consumer-leave", "consumer 1", 15],
    ];
    for (const [fault, target, end] of until) {
      assert.match(early(fault, target, end - 1), new RegExp(`let it begin at ${end} s or later$`), fault);
      assert.equal(early(fault, target, end), "", fault);
    }
  });

  it("are planned in the order of their times, with all repetitions", () => {
    const entry = fc.record({
      at: fc.integer({ min: 5, max: 50 }),
      repeat: fc.integer({ min: 1, max: 5 }),
      every: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const benchmark = parsed(
          entries.map((each) => ({ ...each, fault: "broker-kill", target: "broker 1" })),
        );
        const planned = plannedFaults(benchmark);
        const expected = entries
          .flatMap(({ at, repeat, every }) =>
            Array.from({ length: repeat }, (_, index) => at + index * every),
          )
          .sort((a, b) => a - b);
        assert.deepEqual(
          planned.map(({ atSec, number }) => [atSec, number]),
          expected.map((atSec, index) => [atSec, index + 1]),
        );
      }),
    );
  });

  it("belong to steps of a sweep and a soak only", () => {
    const benchmark = parsed([pause]);
    const phases = ["preheat", "sweep", "search", "confirm", "soak"];
    assert.deepEqual(
      phases.filter((phase) => hasFaults(phase, benchmark)),
      ["sweep", "soak"],
    );
    assert.ok(!hasFaults("sweep", parsed(undefined)));
  });

  it("are rejected in a search, after the end of a step, and while another may affect the same broker", () => {
    const search = { variable: "producers", from: 10, to: 20 };
    assert.match(errors([pause], { search })[0] ?? "", /^benchmark\.faults: a search asks/);
    assert.match(
      errors([{ ...pause, at: "96 seconds" }])[0] ?? "",
      /^benchmark\.faults\.0: broker-pause at 96 s needs until 101 s, but benchmark\.duration is 100 seconds/,
    );
    assert.deepEqual(errors([{ ...pause, at: "96 seconds" }], { soak: "10 minutes" }), []);
    const kill = { at: "14 seconds", fault: "broker-kill", target: "controller" };
    assert.match(
      errors([kill, pause])[0] ?? "",
      /^benchmark\.faults\.0: broker-kill of controller at 14 s may hit .* broker-pause of broker 1 at 10 s .* at 15 s or later/,
    );
    assert.deepEqual(errors([{ ...kill, target: "broker 2" }, pause]), []);
    assert.deepEqual(errors([{ ...kill, at: "15 seconds" }, pause]), []);
    const repeated = { ...pause, repeat: 30, every: "4 seconds" };
    assert.equal(errors([repeated]).length, 2, "one error for the end and one for the overlap");
  });

  it("are rejected if the stack does not have their target", () => {
    const of = (target: string, workload: object = {}, brokers = 3) =>
      faultTargetErrors(
        workloadSchema.parse({ partitions: 6, ...workload }),
        parsed([{ at: "10 seconds", fault: "broker-kill", target }]),
        { brokers, defaultReplicas: Math.min(3, brokers) },
      ).join();
    assert.match(
      of("broker 4"),
      /^benchmark\.faults\.0\.target: there is no broker 4, because kafka\.brokers is 3/,
    );
    assert.equal(of("broker 3"), "");
    assert.match(of("leader of partition 6"), /there is no partition 6, because the topic has 6/);
    assert.equal(of("leader of partition 6", { topics: 2 }), "");
    assert.match(of("follower of partition 0", {}, 1), /has no follower/);
    assert.match(of("follower of partition 0", { replicationFactor: 1 }), /has no follower/);
    assert.match(of("controller", {}, 4), /processes of their own/);
    const leave = (target: string, more: object = {}) =>
      faultTargetErrors(
        workloadSchema.parse({ partitions: 6, consumers: 4 }),
        parsed([{ at: "10 seconds", fault: "consumer-leave", target, duration: "5 seconds" }], more),
        { brokers: 1, defaultReplicas: 1 },
      ).join();
    assert.equal(leave("consumer 4"), "");
    assert.match(leave("consumer 5"), /there is no consumer 5, because a group has 4/);
    assert.match(leave("consumer 4", { sweep: { consumers: [6, 2] } }), /a group has 2/);
  });

  it("are rejected if the brokers of a cut do not exist, or are the target itself", () => {
    const of = (target: string, from: string[]) =>
      faultTargetErrors(
        workloadSchema.parse({}),
        parsed([{ at: "10 seconds", fault: "broker-cut", target, duration: "5 seconds", from }]),
        { brokers: 3, defaultReplicas: 3 },
      );
    assert.deepEqual(of("broker 1", ["broker 2", "Broker  3"]), []);
    assert.deepEqual(of("leader of partition 0", ["broker 1"]), []);
    assert.match(
      of("broker 1", ["broker 2", "broker 4"]).join(),
      /^benchmark\.faults\.0\.from: there is no broker 4/,
    );
    assert.match(of("broker 1", ["broker 1"]).join(), /broker 1 cannot be cut off from itself/);
    assert.match(of("all brokers", ["broker 1"]).join(), /all brokers cannot be cut off from some/);
  });

  it("have a description for each kind, without its own full stop", () => {
    for (const name of FAULT_NAMES) assert.match(FAULT_KINDS[name].description, /^[a-z].*[^.]$/);
  });
});
