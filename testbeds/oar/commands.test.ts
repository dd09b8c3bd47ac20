import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { missingSec } from "../lease.ts";
import { formatWalltime, parseWalltime } from "../walltime.ts";
import * as commands from "./commands.ts";
import { frontendSsh } from "./frontendSsh.ts";
import { jobBase, namedJobBase, slotName, slotOf } from "./names.ts";

const request = { name: "bench-1", nodes: 2, walltimeSec: 5400, types: [] };
/** The words that a shell reads in a command line. */
const wordsOf = (line: string) =>
  execFileSync("sh", ["-c", `for each in ${line}; do printf '%s\\0' "$each"; done`], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);

describe("oarsub's command line", () => {
  it("contains the whole request, with an explicit walltime and the job's command as one word", () => {
    assert.deepEqual(
      wordsOf(
        commands.oarsub({
          ...request,
          types: ["deploy", "allow_classic_ssh"],
          queue: "production",
          project: "lab-x",
          start: "2027-03-25 19:00:00",
          properties: "cluster='dahu' AND disk > 1",
        }),
      ),
      [
        ...["oarsub", "-n", "bench-1", "-O", "/dev/null", "-E", "/dev/null"],
        ...[
          "-t",
          "deploy",
          "-t",
          "allow_classic_ssh",
          "-q",
          "production",
          "--project",
          "lab-x",
          "-p",
          "cluster='dahu' AND disk > 1",
        ],
        ...["-r", "2027-03-25 19:00:00", "-l", "nodes=2,walltime=1:30:00", "sleep 31536000"],
      ],
    );
  });

  it("has no command if OAR only reserves the nodes", () => {
    assert.ok(!commands.oarsub({ ...request, types: ["noop"] }).includes("sleep"));
  });

  it("keeps every property one word", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (properties) => {
        const words = wordsOf(commands.oarsub({ ...request, properties }));
        assert.equal(words[words.indexOf("-p") + 1], properties);
      }),
      { numRuns: 20 },
    );
  });
});

describe("oarstat's SQL", () => {
  it("quotes names: a quote, a percent sign and an underscore are literal", () => {
    const [, , , , where] = wordsOf(commands.oarstatNamed("o'neil", "50%_a"));
    assert.equal(
      where,
      "job_user = 'o''neil' and job_name like '50\\%\\_a%' and state not in ('Error','Terminated')",
    );
  });
});

describe("a command on the frontend", () => {
  const run = (command: string, before = "") =>
    execFileSync("sh", ["-s"], { input: `${before}\n${commands.framed(command)}`, encoding: "utf8" });

  it("reports its exit code, even if it is ssh's code for a lost connection", () => {
    const { code, stdout } = commands.unframed(run("echo hello; exit 255")) ?? assert.fail();
    assert.deepEqual([code, stdout], [255, "hello\n"]);
  });

  it("is separated from a shell's greeting in the output", () => {
    assert.equal(commands.unframed(run("echo answer", "echo 'Welcome {}'"))?.stdout, "answer\n");
  });

  it("does not read the rest of the script as its input", () => {
    assert.equal(commands.unframed(run("cat"))?.code, 0);
  });

  it("is unfinished if its end marker is missing", () => {
    const text = run("echo hello");
    assert.equal(commands.unframed(text.slice(0, text.indexOf("swarmbench-end"))), undefined);
    assert.equal(commands.unframed(""), undefined);
  });
});

describe("ssh to a frontend", () => {
  const settings = { frontend: "rennes.example", user: "ann", port: 22, acceptAnyHostKey: false };

  it("never accepts an unknown host key unless it is configured to", () => {
    assert.ok(frontendSsh(settings).includes("StrictHostKeyChecking=yes"));
    const unchecked = frontendSsh({ ...settings, acceptAnyHostKey: true });
    assert.ok(unchecked.includes("StrictHostKeyChecking=no"));
    assert.ok(
      !frontendSsh({ ...settings, acceptAnyHostKey: true }, "/pin").includes("StrictHostKeyChecking=no"),
    );
  });

  it("uses the jump host with the same key and known hosts", () => {
    const words = frontendSsh({
      ...settings,
      key: "/a b/key",
      knownHosts: "/hosts",
      jump: "ann@access.example:2222",
    });
    const proxy = words.find((word) => word.startsWith("ProxyCommand=")) ?? "";
    assert.match(
      proxy,
      /'-i' '\/a b\/key'.*'UserKnownHostsFile="\/hosts"'.*'-p' '2222' '-W' \[%h\]:%p 'ann@access.example'/,
    );
  });

  it("uses the user's own ssh configuration if it is set", () => {
    const words = frontendSsh({ ...settings, sshConfig: "/home/ann/.ssh/config" });
    assert.deepEqual(words.slice(0, 2), ["-F", "/home/ann/.ssh/config"]);
    assert.equal(words.at(-1), "ann@rennes.example");
  });
});

describe("a job's name", () => {
  const owner = { prefix: "swarmbench-ann-grid5000", directory: "/home/ann/swarmbench" };

  it("depends on stack, folder and machine only", () => {
    const bases = [
      jobBase(owner, "m1"),
      jobBase({ ...owner, prefix: "swarmbench-ann-other" }, "m1"),
      jobBase({ ...owner, directory: "/home/ann/two" }, "m1"),
      jobBase(owner, "m2"),
    ];
    assert.equal(new Set(bases).size, bases.length);
    assert.equal(jobBase(owner, "m1"), bases[0]);
    assert.match(bases[0] ?? "", /^swarmbench-ann-grid5000-[0-9a-f]{8}$/);
  });

  it("that the user chose still belongs to one stack of one checkout", () => {
    const bases = [
      namedJobBase("mine", owner, "m1"),
      namedJobBase("mine", { ...owner, prefix: "swarmbench-ann-other" }, "m1"),
      namedJobBase("mine", { ...owner, directory: "/home/ann/swarmbench#0123456789abcdef" }, "m1"),
      namedJobBase("mine", { ...owner, directory: "/home/ann/swarmbench#fedcba9876543210" }, "m1"),
      namedJobBase("mine", owner, "m2"),
    ];
    assert.equal(new Set(bases).size, bases.length);
    for (const base of bases) assert.match(base, /^mine-[0-9a-f]{8}$/);
    const [own = "", ...others] = bases;
    for (const other of others) assert.equal(slotOf(own, slotName(other, 1)), undefined);
    assert.equal(slotOf(own, "mine-1"), undefined);
  });

  it("fits into OAR's 100 characters", () => {
    assert.ok(slotName(jobBase({ ...owner, prefix: "x".repeat(300) }, ""), 50).length <= 100);
    assert.ok(slotName(namedJobBase("x".repeat(80), owner, ""), 50).length <= 100);
  });

  it("contains its slot; another stack's name with the same prefix has none", () => {
    assert.equal(slotOf("bench", "bench-12"), 12);
    for (const other of ["bench", "bench-0", "bench-x-1", "benches-1", "bench-1-1", "other-1"]) {
      assert.equal(slotOf("bench", other), undefined, other);
    }
  });
});

describe("a walltime", () => {
  it("is the same after formatting and parsing", () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (sec) => assert.equal(parseWalltime(formatWalltime(sec)), sec)),
    );
  });

  it("is parsed as OAR writes it", () => {
    assert.deepEqual(["0:10:0", "2:0:0", "2", "x", ""].map(parseWalltime), [
      600,
      7200,
      7200,
      undefined,
      undefined,
    ]);
  });

  it("is missing for a run if it is too short, with a margin", () => {
    assert.deepEqual([missingSec(600, 500), missingSec(600, 600)], [0, 60]);
  });
});
