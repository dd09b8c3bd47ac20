import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { declareOn } from "../../test/support/deployment.ts";
import { FakeMachine, parses } from "../../test/support/fakeDocker.ts";
import { secretFile } from "./files.ts";
import { service } from "./service.ts";
import { removeUndeclared, removeUndeclaredScript } from "./undeclared.ts";

/**
 * A fake manager: lines `ID NAME` in the files service, secret and config, and a task name in each line of `tasks`. Objects in
 * `used` cannot be removed. Tasks of a removed service end after a second.
 */
const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
for last; do :; done
case "$1 $2" in
  "service ls" | "secret ls" | "config ls")
    case "$*" in *"--filter label=a=b --filter label=c=d --format {{.ID}} {{.Name}}") cat "$1" ;; *) exit 98 ;; esac ;;
  *" inspect") grep -q "^$last " "$1" || { echo "no such $1" >&2; exit 1; }; echo "$last" ;;
  *" rm")
    grep -q "^$last " "$1" || { echo "no such $1: $last" >&2; exit 1; }
    if grep -qx "$last" used; then echo "$last is in use" >&2; exit 1; fi
    echo "$1 $last" >> removed
    grep -v "^$last " "$1" > rest; mv rest "$1" ;;
  "node ls") echo n1 ;;
  "node ps") cat tasks ;;
  *) echo "unexpected command: docker $*" >&2; exit 1 ;;
esac
`;
const machines: FakeMachine[] = [];
function machine(state: Record<string, string> = {}): FakeMachine {
  const made = new FakeMachine(
    { service: "", secret: "", config: "", used: "", tasks: "", ...state },
    DOCKER,
  );
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

const text = removeUndeclaredScript({
  swarmId: "swarm-id",
  services: ["kafka", "influxdb"],
  files: ["s1", "c1"],
  filters: ["--filter", "label=a=b", "--filter", "label=c=d"],
});

describe("the removal of objects that are no longer declared", () => {
  it("is a valid sh script", async () => assert.equal(await parses(text), ""));

  it("removes services, secrets and configs that were declared before, and no other", async () => {
    const made = machine({
      service: "1 kafka\n2 kafka-2\n3 influxdb\n",
      secret: "s0 key-1\ns1 key-2\n",
      config: "c1 conf-1\nc2 conf-2\n",
    });
    assert.deepEqual(await made.script(text), { code: 0, stdout: "swarm-id\n", stderr: "" });
    assert.deepEqual(made.read("removed")?.split("\n"), ["service 2", "secret s0", "config c2"]);
  });

  it("does nothing if all are declared or gone", async () => {
    const made = machine({ service: "1 kafka\n", secret: "s1 key\n" });
    assert.deepEqual(await made.script(text), { code: 0, stdout: "swarm-id\n", stderr: "" });
    assert.equal(made.read("removed"), undefined);
  });

  it("waits for the end of the tasks of a removed service", async () => {
    const made = machine({
      service: "2 old\n",
      tasks: "kafka.1\n2.1\n",
      tick: '[ "$now" -lt 1005 ] || echo kafka.1 > tasks',
    });
    assert.equal((await made.script(text)).code, 0);
    assert.equal(made.read("clock"), "1005");
  });

  it("does not wait for ever for a task on a node that is down", async () => {
    const made = machine({ service: "2 old\n", tasks: "2.1\n", tick: "echo $(( now + 29 )) > clock" });
    assert.equal((await made.script(text)).code, 0);
    assert.equal(made.read("clock"), "1090");
  });

  it("names a secret that is still in use, and leaves it for the next run", async () => {
    const made = machine({ secret: "s0 key-1\n", used: "s0\n" });
    const { code, stderr } = await made.script(text);
    assert.equal(code, 0);
    assert.match(stderr, /^secret key-1 was not removed: s0 is in use/);
  });

  it("fails if a service cannot be removed", async () => {
    const made = machine({ service: "2 old\n", used: "2\n" });
    assert.equal((await made.script(text)).code, 1);
  });

  it("knows every declared service and file, and runs again when they change", async () => {
    const program = await declareOn((deployment) => {
      const part = new pulumi.ComponentResource("test:index:Part", "part");
      const files = [{ path: "/run/secrets/key", source: secretFile("key", "hush", deployment, part) }];
      const image = deployment.images.ref("kafka");
      service(
        "probe",
        { deployment, name: "probe", image, on: deployment.nodes[0], limits: {}, files },
        part,
      );
      removeUndeclared(deployment, [deployment.swarm.id], {});
    });
    const { inputs, dependencies } = program.get("Command undeclared");
    assert.match(String(inputs.stdin), /^SERVICES='probe'\nFILES='key-id'$/m);
    assert.ok(dependencies.includes("Service probe") && dependencies.includes("Secret key"));
    assert.ok(dependencies.includes("Command node1-init"), "it does not wait");
  });
});
