import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { type Job, runJob } from "../components/lib/job.ts";
import { labels } from "../components/lib/ownership.ts";
import { declareOn, imageOf, owner, type Program, secrecy } from "../test/support/deployment.ts";
import { FakeMachine, parses } from "../test/support/fakeDocker.ts";
import { portOf } from "../test/support/overSsh.ts";
import { jobScript } from "./jobScript.ts";

/**
 * A fake `docker`. It has the images that are files in `images`, pulls others unless the file `offline` exists, and runs a job by
 * recording its arguments, one per line, and its standard input.
 */
const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
for last; do :; done
file=images/$(echo "$last" | tr / _)
case $1 in
  image) [ -f "$file" ] || { echo "Error: No such image: $last" >&2; exit 1; }; echo '[{}]'; exit ;;
  pull)
    echo "pull $2" >> calls
    [ ! -f offline ] || { echo "no route to the registry" >&2; exit 1; }
    touch "$file"; echo "$last"; exit ;;
esac
for word; do printf '%s\\n' "$word"; done > words
echo run >> calls
tr '\\0' '\\n' < /proc/$PPID/cmdline > parent
env > environment
cat > told
[ ! -f broken ] || { echo "no such network" >&2; exit 125; }
echo '{"ok":true}'
`;
const PASSWORD = 'it\'s a "secret" $HOME `id` \\ %s 50%';
const input = JSON.stringify({ url: "http://influxdb:8086", password: PASSWORD, text: "two\nlines – ü" });
const job = {
  job: "influx-provision",
  image: imageOf("bench"),
  network: "bench",
  input,
  before: "",
  marks: "node1-ready service-id",
  onlyOnUpdate: false,
  labels: labels({ ...owner, directory: "/home/ann's bench" }).map(({ label, value }) => `${label}=${value}`),
};

const IMAGE_FILE = `images/${job.image.replaceAll("/", "_")}`;
const machines: FakeMachine[] = [];
function machine(): FakeMachine {
  const made = new FakeMachine({}, DOCKER);
  made.folders("images");
  made.write(IMAGE_FILE, "here");
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

describe("a job's script", () => {
  it("is one that sh can parse", async () => {
    assert.equal(await parses(jobScript(job)), "");
  });

  it("tells the job its input at standard input, to the letter", async () => {
    const manager = machine();
    assert.equal((await manager.script(jobScript(job))).code, 0);
    assert.equal(manager.read("told"), input);
  });

  it("gives what the job prints, and nothing else", async () => {
    const { stdout, stderr } = await machine().script(jobScript(job));
    assert.deepEqual([stdout, stderr], ['{"ok":true}\n', ""]);
  });

  it("shows nothing of the input in process lists or in the environment", async () => {
    const manager = machine();
    await manager.script(jobScript(job));
    for (const seen of ["words", "parent", "environment"]) {
      const text = manager.read(seen) ?? "";
      assert.notEqual(text, "", seen);
      assert.doesNotMatch(text, /secret|influxdb:8086/, seen);
    }
  });

  it("runs the image once on the swarm's network, keeps no log, and leaves no container", async () => {
    const manager = machine();
    await manager.script(jobScript(job));
    assert.deepEqual(manager.read("words")?.split("\n"), [
      ...["run", "--rm", "--interactive", "--log-driver", "none", "--network", "bench"],
      ...["--label", `swarmbench.stack=${owner.prefix}`],
      ...["--label", "swarmbench.owner=/home/ann's bench"],
      ...[imageOf("bench"), "influx-provision"],
    ]);
  });

  it("pulls an image that is not there first, and says nothing of that", async () => {
    const manager = machine();
    manager.remove(IMAGE_FILE);
    assert.deepEqual(await manager.script(jobScript(job)), { code: 0, stdout: '{"ok":true}\n', stderr: "" });
    assert.deepEqual(manager.calls, ["pull --quiet", "run"]);
  });

  it("pulls no image that is there", async () => {
    const manager = machine();
    await manager.script(jobScript(job));
    assert.deepEqual(manager.calls, ["run"]);
  });

  it("fails if the image cannot be pulled, and reports why", async () => {
    const manager = machine();
    manager.remove(IMAGE_FILE);
    manager.write("offline", "yes");
    const outcome = await manager.script(jobScript(job));
    assert.deepEqual(outcome, { code: 1, stdout: "", stderr: "no route to the registry\n" });
    assert.deepEqual(manager.calls, ["pull --quiet"]);
  });

  it("fails as the job does", async () => {
    const manager = machine();
    manager.write("broken", "yes");
    const { code, stderr } = await manager.script(jobScript(job));
    assert.deepEqual([code, stderr], [125, "no such network\n"]);
  });

  it("does first what comes before the job, and not the job where that fails", async () => {
    const manager = machine();
    const { code } = await manager.script(jobScript({ ...job, before: "false" }));
    assert.deepEqual([code, manager.read("calls")], [1, undefined]);
  });
});

describe("a job for updates only", () => {
  const onlyOnUpdate = jobScript({ ...job, before: 'echo before >> "$FAKE/calls"', onlyOnUpdate: true });

  it("does nothing at create, and says nothing", async () => {
    const manager = machine();
    assert.deepEqual(await manager.script(onlyOnUpdate), { code: 0, stdout: "", stderr: "" });
    assert.deepEqual(manager.calls, []);
  });

  it("runs at update, after what comes before it", async () => {
    const manager = machine();
    assert.equal((await manager.script(onlyOnUpdate, "first")).stdout, '{"ok":true}\n');
    assert.deepEqual(manager.calls, ["before", "run"]);
  });
});

describe("a job of the program", () => {
  let program: Program<Record<"open" | "hidden" | "answering" | "later", Job>>;
  before(async () => {
    program = await declareOn((deployment) => {
      const part = new pulumi.ComponentResource("test:index:Part", "part");
      const options = { parent: part };
      const plain = { deployment, job: "probe", after: [pulumi.output("a"), "b"] };
      const open = runJob("open", { ...plain, input: { word: "loud" } }, options);
      return {
        open,
        later: runJob("later", { ...plain, input: {} }, { ...options, dependsOn: [open.resource] }),
        hidden: runJob("hidden", { ...plain, input: { word: pulumi.secret("hush") } }, options),
        answering: runJob("answering", { ...plain, input: {}, secretOutput: true }, options),
      };
    });
  });

  it("runs on the manager, the bench image, once network and registry serve", () => {
    const { inputs, parent, deletedWith, dependencies } = program.get("Command open");
    assert.equal(portOf({ inputs }), 22_000);
    assert.match(String(inputs.stdin), new RegExp(`^IMAGE='${imageOf("bench")}'$`, "m"));
    assert.match(String(inputs.stdin), /^NETWORK='bench'$/m);
    assert.deepEqual([parent, deletedWith], ["Part part", "Machine node1"]);
    for (const first of ["Network bench", "Command images-sent", "Container registry", "Machine node1"]) {
      assert.ok(dependencies.includes(first), first);
    }
  });

  it("runs again when what it comes after changes, or its machine does", () => {
    assert.match(String(program.get("Command open").inputs.stdin), /^MARKS='node1-ready a b'$/m);
  });

  it("may come after another one without running again whenever that does", () => {
    const { inputs, dependencies } = program.get("Command later");
    assert.ok(dependencies.includes("Command open"));
    assert.doesNotMatch(String(inputs.stdin), /open-printed/);
  });

  it("shows what it says at standard error while it runs, and not what it answers", () => {
    assert.equal(program.get("Command hidden").inputs.logging, "stderr");
  });

  it("has a script that is a secret where its input holds one, and only there", () => {
    const hasSecretScript = (name: string) => program.get(`Command ${name}`).secrets.includes("stdin");
    assert.deepEqual([hasSecretScript("open"), hasSecretScript("hidden")], [false, true]);
    assert.ok(!program.get("Command hidden").open.includes("hush"));
  });

  it("gives an answer that is a secret where it is said to be one, or its input is", async () => {
    const { open, hidden, answering } = program.result;
    assert.deepEqual(
      await secrecy({ open: open.result, hidden: hidden.result, answering: answering.result }),
      { open: false, hidden: true, answering: true },
    );
  });

  it("gets its input as JSON", () => {
    assert.deepEqual(program.jobInput("hidden"), { word: "hush" });
  });
});
