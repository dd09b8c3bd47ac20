import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { metadataScript } from "../../components/kafka/admin";
import { awaitTaskScript } from "../../components/kafka/scripts";
import { script } from "../../components/lib/shell";
import type { SecurityProtocol } from "../../components/partSettings";
import { FakeMachine, parses } from "../support/fakeDocker";

const machines: FakeMachine[] = [];
function machine(docker: string): FakeMachine {
  const made = new FakeMachine({}, docker);
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

/** Has every sleep take a minute. */
const A_MINUTE = "echo $(( now + 59 )) > clock";

describe("the wait for a task with a service's present settings", () => {
  /** A manager on which a service wants `wanted`, and has one running task, which has `running`. */
  const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
case "$1 $2" in
  "service inspect") [ -f wanted ] || { echo "no such service" >&2; exit 1; }; cat wanted ;;
  "service ps") [ ! -f running ] || echo task1 ;;
  "inspect --format") cat running ;;
  *) echo "the fake does not know: docker $*" >&2; exit 1 ;;
esac
`;
  const wait = script({}, awaitTaskScript("broker-1"));
  const NEW = '{"Image":"kafka@sha256:new"} {}';
  const manager = (running?: string, tick?: string) => {
    const made = machine(DOCKER);
    made.write("wanted", NEW);
    if (running) made.write("running", running);
    if (tick) made.write("tick", tick);
    return made;
  };

  it("is a script that sh can parse", async () => assert.equal(await parses(wait), ""));

  it("is over at once where the running task has them", async () => {
    const made = manager(`running ${NEW}`);
    assert.deepEqual(await made.script(wait), { code: 0, stdout: "", stderr: "" });
    assert.equal(made.read("clock"), "1000");
  });

  it("goes on while the old task runs yet, and while the new one only starts", async () => {
    const made = manager(
      'running {"Image":"kafka@sha256:old"} {}',
      `case $now in 1003) echo 'starting ${NEW}' > running ;; 1006) echo 'running ${NEW}' > running ;; esac`,
    );
    assert.equal((await made.script(wait)).code, 0);
    assert.equal(made.read("clock"), "1006");
  });

  it("goes on while there is no task at all", async () => {
    const made = manager(undefined, `[ "$now" -lt 1004 ] || echo 'running ${NEW}' > running`);
    assert.equal((await made.script(wait)).code, 0);
    assert.equal(made.read("clock"), "1004");
  });

  it("ends after two minutes with where to look", async () => {
    const made = manager('running {"Image":"kafka@sha256:old"} {}', A_MINUTE);
    const { code, stderr } = await made.script(wait);
    assert.equal(code, 1);
    assert.match(stderr, /^broker-1 does not run .* after 120 s; .*docker service ps broker-1$/m);
    assert.equal(made.read("clock"), "1120");
  });

  it("fails at once where there is no such service", async () => {
    assert.deepEqual(await machine(DOCKER).script(wait), {
      code: 1,
      stdout: "",
      stderr: "no such service\n",
    });
  });
});

describe("the settings in a cluster's metadata", () => {
  /** A node with a broker's container, in which commands run as they are. */
  const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
echo "$1 $2 $3 $4" >> calls
for word; do printf '%s\\n' "$word"; done >> words
case $1 in
  ps) cat container 2>/dev/null ;;
  exec) shift 3; exec "$@" ;;
  *) echo "the fake does not know: docker $*" >&2; exit 1 ;;
esac
`;
  /** Kafka's tools: notes what they are told, and what is in the files that they are given. */
  const TOOL = `#!/bin/sh
echo "$*" | sed "s|/[^ ]*/|DIR/|g" >> "$FAKE/tool"
printf '%s\\n' "$@" >> "$FAKE/words"
env >> "$FAKE/words"
while [ $# -gt 1 ]; do
  case $1 in
    --command-config) cp "$2" "$FAKE/client"; dirname "$2" > "$FAKE/folder" ;;
    --add-config-file)
      cp "$2" "$FAKE/user"
      stat -c %a "$2" > "$FAKE/mode"
      [ ! -f "$FAKE/refusing" ] || { cat "$2"; exit 1; } ;;
  esac
  shift
done
[ ! -f "$FAKE/starting" ]
`;
  const PASSWORD = "pass'word";
  const settings = (security: SecurityProtocol, user?: string) =>
    metadataScript({
      broker: "broker-1",
      security,
      minInSyncReplicas: "2",
      marks: "node2-ready",
      ...(user ? { user, password: PASSWORD } : {}),
    });
  function node(): FakeMachine {
    const made = machine(DOCKER);
    made.write("container", "c1");
    made.write("bin/kafka-tool", TOOL);
    chmodSync(path.join(made.directory, "bin/kafka-tool"), 0o755);
    return made;
  }
  const ALTER = "kafka-configs --bootstrap-server broker-1:9094 --command-config DIR/client --alter";

  it("are set by a script that sh can parse", async () => {
    assert.equal(await parses(settings("SASL_SSL", "bench")), "");
  });

  it("are the least replicas in sync, for all brokers, and no user where there is none", async () => {
    const made = node();
    assert.deepEqual(await made.script(settings("PLAINTEXT")), { code: 0, stdout: "", stderr: "" });
    assert.equal(
      made.read("tool"),
      `${ALTER} --entity-type brokers --entity-default --add-config min.insync.replicas=2`,
    );
    assert.equal(made.read("client"), "");
  });

  it("are set over TLS with the broker's own files where brokers speak that", async () => {
    const made = node();
    await made.script(settings("SSL"));
    assert.match(made.read("client") ?? "", /^security\.protocol=SSL$/m);
    assert.match(made.read("client") ?? "", /^ssl\.keystore\.location=\/run\/secrets\/kafka-key\.pem$/m);
  });

  it("are the user's password too, from a file that nobody else can read", async () => {
    const made = node();
    assert.equal((await made.script(settings("SASL_SSL", "bench"))).code, 0);
    assert.equal(
      made.read("tool")?.split("\n")[1],
      `${ALTER} --entity-type users --entity-name bench --add-config-file DIR/user`,
    );
    assert.equal(made.read("user"), `SCRAM-SHA-512=iterations=8192,password=${PASSWORD}`);
    assert.equal(made.read("mode"), "600");
  });

  it("leave no file behind", async () => {
    const made = node();
    const { directory } = made;
    await made.script(settings("SASL_SSL", "bench"));
    made.write("check", "");
    const { code } = await made.commandLine(`[ ! -e "$(cat ${directory}/folder)" ]`);
    assert.equal(code, 0);
  });

  it("show the password in no process's arguments or environment", async () => {
    const made = node();
    await made.script(settings("SASL_SSL", "bench"));
    const words = made.read("words") ?? "";
    assert.match(words, /--add-config-file/);
    assert.ok(!words.includes("pass'word") && !words.includes("word'"));
  });

  it("are tried again until the broker is there and answers", async () => {
    const made = node();
    made.remove("container");
    made.write("starting", "yes");
    made.write("tick", "case $now in 1003) echo c1 > container ;; 1006) rm starting ;; esac");
    assert.equal((await made.script(settings("PLAINTEXT"))).code, 0);
    assert.equal(made.read("clock"), "1006");
  });

  it("are given up after three minutes, without a word of what Kafka said: it may quote the password", async () => {
    const made = node();
    made.write("refusing", "yes");
    made.write("tick", A_MINUTE);
    const { code, stdout, stderr } = await made.script(settings("SASL_SSL", "bench"));
    assert.equal(code, 1);
    assert.match(stderr, /^Kafka did not take its settings within 180 s; .*docker service logs broker-1$/m);
    assert.ok(!(stdout + stderr).includes("word'") && !(stdout + stderr).includes(PASSWORD));
    assert.equal(made.read("clock"), "1180");
  });
});
