import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { declareOn, owner, type Program } from "../../test/support/deployment.ts";
import { FakeMachine, parses } from "../../test/support/fakeDocker.ts";
import { known } from "../../test/support/mocks.ts";
import { portOf, remoteOf } from "../../test/support/overSsh.ts";
import { labels } from "./ownership.ts";
import { createVolumeScript, nodeVolume } from "./volume.ts";

/**
 * A fake `docker`: volumes are files in `volumes`, containers are files in `containers` with one matching filter per line. It
 * refuses to remove a volume that a container uses, and a running container.
 */
const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
echo "$*" >> calls
for last; do :; done
refuse() { echo "Error response from daemon: $*" >&2; exit 1; }
# As Docker's own: all filters must hold, but of several for the state one is enough.
matches() {
  inState=no
  while [ $# -gt 0 ]; do
    if [ "$1" = --filter ]; then
      if ! grep -qxF "$2" "containers/$id"; then case $2 in status=*) ;; *) return 1 ;; esac
      else case $2 in status=*) inState=yes ;; esac
      fi
    fi
    shift
  done
  [ "$inState" = yes ]
}
case "$1 $2" in
  "ps --all") for id in $(ls containers); do ! matches "$@" || echo "$id"; done ;;
  "rm "*)
    shift
    for id; do
      ! grep -qx status=running "containers/$id" || refuse "remove $id: container is running"
      rm "containers/$id"
    done ;;
  "volume inspect") [ -f "volumes/$last" ] || { echo; refuse "get $last: no such volume"; }; echo "$last" ;;
  "volume create") for word; do printf '%s\\n' "$word"; done > "volumes/$last"; echo "$last" ;;
  "volume rm")
    ! grep -qrx "volume=$last" containers || refuse "remove $last: volume is in use"
    rm -f "volumes/$last"; echo "$last" ;;
  *) refuse "unexpected command: docker $*" ;;
esac
`;
const machines: FakeMachine[] = [];
function machine(): FakeMachine {
  const made = new FakeMachine({}, DOCKER);
  made.folders("volumes", "containers");
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});
const create = createVolumeScript("grafana", "node1-ready", labels({ ...owner, directory: "/home/ann's" }));

describe("the script that creates a volume", () => {
  it("is a valid sh script", async () => assert.equal(await parses(create), ""));

  it("creates it with the labels of stack and folder, and prints its name", async () => {
    const node = machine();
    assert.equal((await node.script(create)).stdout.trim(), "grafana");
    assert.deepEqual(node.read("volumes/grafana")?.split("\n"), [
      "volume",
      "create",
      "--label",
      `swarmbench.stack=${owner.prefix}`,
      "--label",
      "swarmbench.owner=/home/ann's",
      "grafana",
    ]);
  });

  it("does not change an existing volume, and prints its name", async () => {
    const node = machine();
    node.write("volumes/grafana", "data");
    const { code, stdout } = await node.script(create);
    assert.deepEqual([code, stdout], [0, "grafana\n"]);
    assert.equal(node.read("volumes/grafana"), "data");
  });
});

describe("a declared volume", () => {
  let program: Program<pulumi.Output<string>>;
  before(async () => {
    program = await declareOn((deployment) => {
      const part = new pulumi.ComponentResource("test:index:Part", "part");
      return nodeVolume("grafana", deployment.nodes[2] ?? assert.fail(), deployment, part);
    });
  });
  // Contains the node's name: a service that moves gets a new volume, and the old one is deleted.
  const declared = () => program.get("Command grafana-volume-node3");

  it("is created on its node and deleted with it", () => {
    assert.equal(portOf(declared()), 22_002);
    assert.deepEqual([declared().parent, declared().deletedWith], ["Part part", "Machine node3"]);
  });

  it("is checked again when its machine was replaced", () => {
    assert.match(String(declared().inputs.stdin), /^READY='node3-ready'$/m);
  });

  it("has the name that the engine printed", async () => {
    assert.equal(await known(program.result), "grafana-volume-node3-printed");
  });

  describe("is removed at delete:", () => {
    const remove = () => remoteOf(declared().inputs.delete);
    const OWN = [`label=swarmbench.stack=${owner.prefix}`, `label=swarmbench.owner=${owner.directory}`];
    /** A node with the volume and a container that uses it. */
    function nodeWith(container: { status: string; labels?: string[] }): FakeMachine {
      const { status, labels = OWN } = container;
      const node = machine();
      node.write("volumes/grafana", "data");
      node.write("containers/c1", ["volume=grafana", `status=${status}`, ...labels].join("\n"));
      return node;
    }
    const left = (node: FakeMachine) => [...node.list("volumes"), ...node.list("containers")];
    const IN_USE = "Error response from daemon: remove grafana: volume is in use\n";

    it("with a valid sh command", async () => assert.equal(await parses(remove()), ""));

    it("with its contents", async () => {
      const node = machine();
      node.write("volumes/grafana", "data");
      assert.deepEqual(await node.commandLine(remove()), { code: 0, stdout: "", stderr: "" });
      assert.deepEqual(left(node), []);
    });

    for (const status of ["created", "exited", "dead"]) {
      it(`immediately if only an ended task of the stack uses it (${status})`, async () => {
        const node = nodeWith({ status });
        assert.deepEqual(await node.commandLine(remove()), { code: 0, stdout: "", stderr: "" });
        assert.deepEqual([left(node), node.read("clock")], [[], "1000"]);
      });
    }

    it("after the last task that uses it has ended", async () => {
      const node = nodeWith({ status: "running" });
      node.write("tick", '[ "$now" -ne 1005 ] || sed -i s/running/exited/ containers/c1');
      assert.equal((await node.commandLine(remove())).code, 0);
      assert.deepEqual([left(node), node.read("clock")], [[], "1005"]);
    });

    const EVERY_TEN_SECONDS = "echo $(( now + 9 )) > clock";

    it("or fails with the engine's message after 90 seconds", async () => {
      const node = nodeWith({ status: "running" });
      node.write("tick", EVERY_TEN_SECONDS);
      assert.deepEqual(await node.commandLine(remove()), { code: 1, stdout: "", stderr: IN_USE });
      assert.equal(node.read("clock"), "1090");
    });

    for (const [whose, labels] of [
      ["another stack's", ["label=swarmbench.stack=swarmbench-bob-test", ...OWN.slice(1)]],
      ["another folder's", [...OWN.slice(0, 1), "label=swarmbench.owner=/home/bob"]],
      ["nobody's", []],
    ] as const) {
      it(`but not if it is used by an ended container that is ${whose}`, async () => {
        const node = nodeWith({ status: "exited", labels: [...labels] });
        node.write("tick", EVERY_TEN_SECONDS);
        assert.deepEqual(await node.commandLine(remove()), { code: 1, stdout: "", stderr: IN_USE });
        assert.deepEqual(left(node), ["grafana", "c1"]);
      });
    }
  });
});
