import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { script } from "../../lib/shell.ts";
import { FakeMachine, parses } from "../../test/support/fakeDocker.ts";
import { awaitTasksScript } from "./awaitTasks.ts";

/** A fake manager: `wanted` is the service's current specification, and `tasks` has one line per task. */
const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
case "$1 $2" in
  "service inspect") [ -f wanted ] || { echo "no such service" >&2; exit 1; }; cat wanted ;;
  "service ps") [ ! -f tasks ] || sed = tasks | sed -n 'p;n' ;;
  "inspect --format") shift 3; for task; do sed -n "\${task}p" tasks; done ;;
  *) echo "unexpected command: docker $*" >&2; exit 1 ;;
esac
`;
const machines: FakeMachine[] = [];
function machine(): FakeMachine {
  const made = new FakeMachine({}, DOCKER);
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

const NEW = '{"Image":"kafka@sha256:new"} {}';
const OLD = '{"Image":"kafka@sha256:old"} {}';
const manager = ({ tasks = [], tick }: { tasks?: string[]; tick?: string }) => {
  const made = machine();
  made.write("wanted", NEW);
  if (tasks.length > 0) made.write("tasks", tasks.join("\n"));
  if (tick) made.write("tick", tick);
  return made;
};
const wait = script({}, awaitTasksScript("broker-1", 1));

describe("waiting for a task with the service's current settings", () => {
  it("is a valid sh script", async () => assert.equal(await parses(wait), ""));

  it("ends immediately if the running task has them", async () => {
    const made = manager({ tasks: [`running ${NEW}`] });
    assert.deepEqual(await made.script(wait), { code: 0, stdout: "", stderr: "" });
    assert.equal(made.read("clock"), "1000");
  });

  it("continues while the old task runs and while the new one is starting", async () => {
    const made = manager({
      tasks: [`running ${OLD}`],
      tick: `case $now in 1003) echo 'starting ${NEW}' > tasks ;; 1006) echo 'running ${NEW}' > tasks ;; esac`,
    });
    assert.equal((await made.script(wait)).code, 0);
    assert.equal(made.read("clock"), "1006");
  });

  it("continues while there is no task", async () => {
    const made = manager({ tick: `[ "$now" -lt 1004 ] || echo 'running ${NEW}' > tasks` });
    assert.equal((await made.script(wait)).code, 0);
    assert.equal(made.read("clock"), "1004");
  });

  it("times out after two minutes and names the command to see the tasks", async () => {
    const made = manager({ tasks: [`running ${OLD}`], tick: "echo $(( now + 59 )) > clock" });
    const { code, stderr } = await made.script(wait);
    assert.equal(code, 1);
    assert.match(stderr, /^broker-1 does not run .* after 120 s; .*docker service ps broker-1$/m);
    assert.equal(made.read("clock"), "1120");
  });

  it("fails immediately if the service does not exist", async () => {
    assert.deepEqual(await machine().script(wait), { code: 1, stdout: "", stderr: "no such service\n" });
  });
});

describe("waiting for the tasks of a service on every node", () => {
  const waitForThree = script({}, awaitTasksScript("telegraf", 3));
  const [one, two, three] = [`running ${NEW}`, `running ${NEW}`, `running ${NEW}`];

  it("ends when every task has the current settings", async () => {
    const made = manager({ tasks: [one, two, three] });
    assert.equal((await made.script(waitForThree)).code, 0);
    assert.equal(made.read("clock"), "1000");
  });

  it("continues until the last task was replaced", async () => {
    const made = manager({
      tasks: [one, two, `running ${OLD}`],
      tick: '[ "$now" -ne 1002 ] || sed -i s/:old/:new/ tasks',
    });
    assert.equal((await made.script(waitForThree)).code, 0);
    assert.equal(made.read("clock"), "1002");
  });

  it("continues while a node has no task", async () => {
    const made = manager({ tasks: [one, two], tick: `[ "$now" -ne 1002 ] || echo '${three}' >> tasks` });
    assert.equal((await made.script(waitForThree)).code, 0);
    assert.equal(made.read("clock"), "1002");
  });

  it("can follow another wait in one script", async () => {
    const both = script({}, [awaitTasksScript("a", 1), awaitTasksScript("b", 1)].join("\n"));
    assert.equal(await parses(both), "");
    assert.equal((await manager({ tasks: [one] }).script(both)).code, 0);
  });
});
