import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { ShellFolder } from "../../test/support/shell.ts";
import { hostNetworkScript } from "./hostNetwork.ts";

const DOCKER = `echo "$*" >> calls
case "$1 $2" in
  "service create") echo service-id ;;
  "service inspect") cat network ;;
  "service rm") echo service-id ;;
esac`;
const folder = new ShellFolder({ docker: DOCKER });
after(() => folder.dispose());
const text = hostNetworkScript({
  swarmId: "swarm-id",
  image: "10.9.8.10:5000/bench@sha256:1",
  labels: [{ label: "swarmbench.owner", value: "/home/ann/my bench" }],
});

describe("the id of the nodes' own network", () => {
  it("is read from a service without tasks, which is removed", () => {
    folder.write("network", "host-id\n");
    folder.write("calls", "");
    assert.deepEqual(folder.run(text), { code: 0, stdout: "host-id\n", stderr: "" });
    const calls = folder.run("cat calls").stdout.trim().split("\n");
    assert.match(
      calls[0] ?? "",
      /--replicas 0 --network host --label swarmbench\.owner=\/home\/ann\/my bench /,
    );
    assert.equal(calls.at(-1), "service rm service-id");
  });

  it("is an error that names the swarm if there is none", () => {
    folder.write("network", "");
    const { code, stderr } = folder.run(text);
    assert.equal(code, 1);
    assert.match(stderr, /swarm swarm-id does not know/);
  });
});
