import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { FakeMachine, parses } from "../../../test/support/fakeDocker.ts";
import { removeEverythingScript, waitForEngineScript } from "./scripts.ts";

const machines: FakeMachine[] = [];
function machine(state: Record<string, string>, docker?: string): FakeMachine {
  const made = new FakeMachine(state, docker);
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

const owner = { prefix: "swarmbench-ann-local", directory: "/home/ann/my bench" };
const wait = waitForEngineScript("node2", "container-id");
const remove = removeEverythingScript("unix:///run/docker.sock", owner);

describe("every script is valid sh:", () => {
  for (const [name, text] of Object.entries({ wait, remove })) {
    it(name, async () => assert.equal(await parses(text), ""));
  }
});

describe("waiting for a node's engine", () => {
  it("prints the ids of the engine and the machine", async () => {
    const m = machine({ engine: "engine-id" });
    assert.deepEqual(await m.script(wait), { code: 0, stdout: "engine-id container-id\n", stderr: "" });
  });

  it("continues until the engine answers", async () => {
    const m = machine({ engine: "engine-id", broken: "yes", tick: '[ "$now" -lt 1020 ] || rm -f broken' });
    assert.equal((await m.script(wait)).stdout, "engine-id container-id\n");
    assert.equal(m.read("clock"), "1020");
  });

  it("continues while the client answers without the engine (no id)", async () => {
    const m = machine({ engine: "", tick: '[ "$now" -lt 1002 ] || echo engine-id > engine' });
    assert.equal((await m.script(wait)).stdout, "engine-id container-id\n");
  });

  it("times out after 60 s, and names the log", async () => {
    const m = machine({ broken: "yes" });
    const { code, stdout, stderr } = await m.script(wait);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^the Docker engine of node2 did not answer within 60 s; .*docker logs container-id$/m,
    );
    assert.equal(m.read("clock"), "1060");
  });
});

/**
 * A fake engine with containers, volumes and networks: files `<kind>/<id>` with one label per line. Like the real one it lists
 * objects with all given labels, and refuses to remove a volume or network that a container uses (a line `uses …`).
 */
const ENGINE = `#!/bin/sh
cd "$FAKE" || exit 99
echo "[$DOCKER_HOST] $*" >> calls
refuse() { echo "Error response from daemon: $*" >&2; exit 1; }
[ ! -f broken ] || refuse broken
gone() { for id; do :; done; [ -f "$kind/$id" ] || refuse "no such $kind: $id"
  ! grep -qx frozen "$kind/$id" || refuse "could not kill $id"
  [ "$kind" = container ] || ! grep -rqx "uses $id" container || refuse "$kind $id is in use"
  [ ! -f "stuck-$id" ] || refuse "$id cannot be removed"; rm "$kind/$id"; echo "$id"; }
case "$*" in
  "ps --all --quiet --filter "*) kind=container ;;
  "volume ls --quiet --filter "*) kind=volume ;;
  "network ls --quiet --filter "*) kind=network ;;
  "exec "*freezer.state*) [ -f "container/$2" ] || refuse "no such container: $2"
    grep -vx frozen "container/$2" > thawed; mv thawed "container/$2"; exit ;;
  "rm --force --volumes "*) kind=container; gone "$@"; exit ;;
  "volume rm --force "*) kind=volume; gone "$@"; exit ;;
  "network rm "*) kind=network; gone "$@"; exit ;;
  *) refuse "unexpected command: docker $*" ;;
esac
for id in $(ls "$kind"); do
  previous= matches=yes
  for word; do
    [ "$previous" != --filter ] || grep -qxF "$word" "$kind/$id" || matches=no
    previous=$word
  done
  [ "$matches" = no ] || echo "$id"
done
`;

describe("removing everything", () => {
  const own = `label=swarmbench.stack=${owner.prefix}\nlabel=swarmbench.owner=${owner.directory}`;
  const otherFolder = `label=swarmbench.stack=${owner.prefix}\nlabel=swarmbench.owner=/elsewhere`;
  const otherStack = `label=swarmbench.stack=${owner.prefix}-2\nlabel=swarmbench.owner=${owner.directory}`;

  /** An engine with three objects of each kind: an own one, one of another folder or stack, and one without labels. */
  function engine(more: Record<string, string> = {}): FakeMachine {
    const m = machine(more, ENGINE);
    m.folders("container", "volume", "network");
    m.write("container/c-own", `${own}\nuses v-own\nuses n-own`);
    m.write("container/c-folder", otherFolder);
    m.write("container/c-none", "");
    m.write("volume/v-own", own);
    m.write("volume/v-stack", otherStack);
    m.write("volume/v-none", "");
    m.write("network/n-own", own);
    m.write("network/n-folder", otherFolder);
    m.write("network/n-none", "");
    return m;
  }

  it("removes objects with both labels, and nothing else", async () => {
    const m = engine();
    assert.deepEqual(await m.script(remove), { code: 0, stdout: "", stderr: "" });
    assert.deepEqual(
      ["container", "volume", "network"].map((kind) => m.list(kind)),
      [
        ["c-folder", "c-none"],
        ["v-none", "v-stack"],
        ["n-folder", "n-none"],
      ],
    );
  });

  it("removes a node with frozen processes, which cannot be killed with cgroups v1", async () => {
    const m = engine();
    m.write("container/c-own", `${own}\nfrozen`);
    assert.deepEqual(await m.script(remove), { code: 0, stdout: "", stderr: "" });
    assert.ok(!m.list("container").includes("c-own"));
  });

  it("uses only the given engine", async () => {
    const m = engine();
    await m.script(remove);
    assert.ok(m.calls.length > 0);
    assert.deepEqual(
      m.calls.filter((call) => !call.startsWith("[unix:///run/docker.sock] ")),
      [],
    );
  });

  it("removes volumes and networks without containers", async () => {
    const m = engine();
    m.remove("container/c-own");
    assert.equal((await m.script(remove)).code, 0);
    assert.deepEqual(
      [m.list("volume").includes("v-own"), m.list("network").includes("n-own")],
      [false, false],
    );
  });

  it("does nothing the second time", async () => {
    const m = engine();
    await m.script(remove);
    m.write("calls", "");
    assert.equal((await m.script(remove)).code, 0);
    assert.deepEqual(
      m.calls.filter((call) => / rm /.test(call)),
      [],
    );
  });

  it("fails with the names of the objects that it could not remove, and removes the others", async () => {
    const m = engine({ "stuck-v-own": "yes" });
    const { code, stderr } = await m.script(remove);
    assert.equal(code, 1);
    assert.match(stderr, /^could not remove: v-own$/m);
    assert.deepEqual(
      [m.list("container").includes("c-own"), m.list("network").includes("n-own")],
      [false, false],
    );
  });

  it("fails if the engine does not answer", async () => {
    assert.notEqual((await engine({ broken: "yes" }).script(remove)).code, 0);
  });
});
