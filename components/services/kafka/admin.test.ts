import assert from "node:assert/strict";
import { chmodSync, existsSync } from "node:fs";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import type { SecurityProtocol } from "../../../config/services/index.ts";
import { FakeMachine, parses } from "../../../test/support/fakeDocker.ts";
import { metadataScript } from "./admin.ts";

const machines: FakeMachine[] = [];
after(() => {
  for (const made of machines) made.dispose();
});

describe("the settings in a cluster's metadata", () => {
  /** A fake `docker` of a node with a broker's container; `exec` runs the command directly. */
  const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
echo "$1 $2 $3 $4" >> calls
for word; do printf '%s\\n' "$word"; done >> words
case $1 in
  ps) cat container 2>/dev/null ;;
  exec) shift 3; exec "$@" ;;
  *) echo "unexpected command: docker $*" >&2; exit 1 ;;
esac
`;
  /** Fake Kafka tools: record their arguments and the content of the files that they get. */
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
      [ ! -f "$FAKE/refusing" ] || { cat "$2"; echo "The broker takes no users" >&2; exit 1; } ;;
  esac
  shift
done
[ ! -f "$FAKE/starting" ]
`;
  const PASSWORD = "pass'word";
  const settings = (security: SecurityProtocol, user?: string) =>
    metadataScript({
      broker: "broker-1",
      host: "kafka-1",
      security,
      minInSyncReplicas: "2",
      marks: "node2-ready",
      user,
      password: user && PASSWORD,
    });
  function node(): FakeMachine {
    const made = new FakeMachine({}, DOCKER);
    machines.push(made);
    made.write("container", "c1");
    made.write("bin/kafka-tool", TOOL);
    chmodSync(path.join(made.directory, "bin/kafka-tool"), 0o755);
    return made;
  }
  const ALTER = "kafka-configs --bootstrap-server kafka-1:9094 --command-config DIR/client --alter";

  it("are set by a script with valid syntax", async () => {
    assert.equal(await parses(settings("SASL_SSL", "bench")), "");
  });

  it("are min.insync.replicas for all brokers, and no user if there is none", async () => {
    const made = node();
    assert.deepEqual(await made.script(settings("PLAINTEXT")), { code: 0, stdout: "", stderr: "" });
    assert.equal(
      made.read("tool"),
      `${ALTER} --entity-type brokers --entity-default --add-config min.insync.replicas=2`,
    );
    assert.equal(made.read("client"), "");
  });

  it("are set over TLS with the broker's own files if brokers use TLS", async () => {
    const made = node();
    await made.script(settings("SSL"));
    assert.match(made.read("client") ?? "", /^security\.protocol=SSL$/m);
    assert.match(made.read("client") ?? "", /^ssl\.keystore\.location=\/run\/secrets\/kafka-key\.pem$/m);
  });

  it("include the user's password, from a file that nobody else can read", async () => {
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
    await made.script(settings("SASL_SSL", "bench"));
    assert.equal(existsSync(made.read("folder") ?? assert.fail("there was no folder")), false);
  });

  it("show the password in no process's arguments or environment", async () => {
    const made = node();
    await made.script(settings("SASL_SSL", "bench"));
    const words = made.read("words") ?? "";
    assert.match(words, /--add-config-file/);
    assert.ok(!words.includes("pass'word") && !words.includes("word'"));
  });

  it("are retried until the broker runs and answers", async () => {
    const made = node();
    made.remove("container");
    made.write("starting", "yes");
    made.write("tick", "case $now in 1003) echo c1 > container ;; 1006) rm starting ;; esac");
    assert.equal((await made.script(settings("PLAINTEXT"))).code, 0);
    assert.equal(made.read("clock"), "1006");
  });

  const A_MINUTE_A_SLEEP = "echo $(( now + 59 )) > clock";

  it("fail after three minutes with Kafka's output, without lines that may quote the password", async () => {
    const made = node();
    made.write("refusing", "yes");
    made.write("tick", A_MINUTE_A_SLEEP);
    const { code, stdout, stderr } = await made.script(settings("SASL_SSL", "bench"));
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^Kafka did not accept its settings within 180 s\. .*docker service logs broker-1\nThe broker takes no users\n$/,
    );
    assert.equal(made.read("clock"), "1180");
  });

  it("fail if the broker has no container on its node", async () => {
    const made = node();
    made.remove("container");
    made.write("tick", A_MINUTE_A_SLEEP);
    const { code, stderr } = await made.script(settings("PLAINTEXT"));
    assert.equal(code, 1);
    assert.match(stderr, /\nbroker-1 has no task on this node\n$/);
  });
});
