import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "../../components/lib/ownership";
import { createVolumeScript, nodeVolume } from "../../components/lib/volume";
import { FakeMachine, parses } from "../support/fakeDocker";
import { known } from "../support/mocks";
import { declareOn, owner, type Program } from "../support/site";

/** A `docker` with the volumes that are files in `volumes`; one that is named in `busy` cannot be removed. */
const DOCKER = `#!/bin/sh
cd "$FAKE" || exit 99
echo "$*" >> calls
for last; do :; done
refuse() { echo "Error response from daemon: $*" >&2; exit 1; }
case "$1 $2" in
  "volume inspect") [ -f "volumes/$last" ] || { echo; refuse "get $last: no such volume"; }; echo "$last" ;;
  "volume create") for word; do printf '%s\\n' "$word"; done > "volumes/$last"; echo "$last" ;;
  "volume rm") [ ! -f busy ] || refuse "remove $last: volume is in use"; rm -f "volumes/$last"; echo "$last" ;;
  *) refuse "the fake does not know: docker $*" ;;
esac
`;
const machines: FakeMachine[] = [];
function machine(): FakeMachine {
  const made = new FakeMachine({}, DOCKER);
  made.folders("volumes");
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});
const create = createVolumeScript("grafana", "node1-ready", labels({ ...owner, directory: "/home/ann's" }));

describe("the script that makes a volume", () => {
  it("is one that sh can parse", async () => assert.equal(await parses(create), ""));

  it("makes it with the labels of stack and folder, and prints its name", async () => {
    const node = machine();
    assert.equal((await node.script(create)).stdout.trim(), "grafana");
    assert.deepEqual(node.read("volumes/grafana")?.split("\n"), [
      ...["volume", "create"],
      ...["--label", `swarmbench.stack=${owner.prefix}`],
      ...["--label", "swarmbench.owner=/home/ann's"],
      "grafana",
    ]);
  });

  it("leaves one that is there as it is, and prints its name", async () => {
    const node = machine();
    node.write("volumes/grafana", "data");
    const { code, stdout } = await node.script(create);
    assert.deepEqual([code, stdout], [0, "grafana\n"]);
    assert.equal(node.read("volumes/grafana"), "data");
  });
});

describe("a volume of the program", () => {
  let program: Program<pulumi.Output<string>>;
  before(async () => {
    program = await declareOn((site) => {
      const part = new pulumi.ComponentResource("test:index:Part", "part");
      return nodeVolume("grafana", site.nodes[2] ?? assert.fail(), site, part);
    });
  });
  const declared = () => program.get("Command grafana-volume");

  it("is made on its node, and goes with that", () => {
    assert.equal((declared().inputs.connection as { port: number }).port, 22_002);
    assert.deepEqual([declared().parent, declared().deletedWith], ["Part part", "Machine node3"]);
  });

  it("is looked at again when its machine was made anew", () => {
    assert.match(String(declared().inputs.stdin), /^READY='node3-ready'$/m);
  });

  it("is known by the name that the engine gave", async () => {
    assert.equal(await known(program.result), "grafana-volume-printed");
  });

  describe("is removed at delete", () => {
    const remove = () => String(declared().inputs.delete);

    it("with what is in it", async () => {
      const node = machine();
      node.write("volumes/grafana", "data");
      assert.deepEqual(await node.commandLine(remove()), { code: 0, stdout: "", stderr: "" });
      assert.deepEqual(node.list("volumes"), []);
    });

    it("once the last container that has it is gone", async () => {
      const node = machine();
      node.write("volumes/grafana", "data");
      node.write("busy", "yes");
      node.write("tick", '[ "$now" -lt 1005 ] || rm -f busy');
      assert.equal((await node.commandLine(remove())).code, 0);
      assert.deepEqual(node.list("volumes"), []);
    });

    it("or fails with the engine's own words after half a minute", async () => {
      const node = machine();
      node.write("busy", "yes");
      node.write("tick", "echo $(( now + 9 )) > clock");
      const { code, stderr } = await node.commandLine(remove());
      assert.equal(code, 1);
      assert.equal(stderr, "Error response from daemon: remove grafana: volume is in use\n");
      assert.equal(node.read("clock"), "1030");
    });
  });
});
