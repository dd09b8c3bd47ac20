import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { word } from "../../../lib/shell.ts";
import { ShellFolder } from "../../../test/support/shell.ts";
import { startFault } from "./nodeFault.ts";

describe("a fault on a node", () => {
  let folder: ShellFolder;
  before(() => {
    // Swarm never starts the broker again, so that the script waits until it is ended.
    folder = new ShellFolder({
      docker: 'echo "$*" >> "$DIR/calls"; case "$1 $2" in "ps --quiet") echo id-1 ;; esac',
    });
  });
  after(() => folder.dispose());

  const start = (ssh: string, dueMs: number) => {
    const seen: string[] = [];
    const running = startFault(
      { name: "node2", ssh, sudo: "" },
      {
        fault: "broker-kill",
        id: "test",
        service: "broker-1",
        peers: [],
        dueMs,
        durationSec: null,
        options: {},
      },
      ["swarmbench.stack=swarmbench-ann-lab", "swarmbench.owner=/home/ann"],
      {
        began: ({ fromMs, toMs }) => seen.push(`began ${toMs >= fromMs}`),
        ended: () => seen.push("ended"),
        failed: (text) => seen.push(`failed ${text}`),
      },
    );
    return { seen, running };
  };

  it("reports while it runs, and ends when it is cut short", async () => {
    const PATH = `${folder.directory}/bin:${process.env.PATH}`;
    const ssh = `env PATH=${word(PATH)} DIR=${word(folder.directory)} sh -c`;
    const { seen, running } = start(ssh, Date.now() + 100);
    for (let tries = 0; seen.length === 0 && tries < 250; tries += 1) await sleep(20);
    assert.deepEqual(seen, ["began true"]);
    running.cut();
    await running.done;
    assert.deepEqual(seen, ["began true"]);
    assert.match(folder.run('cat "$DIR/calls"').stdout, /^kill --signal KILL id-1$/m);
  });

  it("is cut short before it is due", async () => {
    const PATH = `${folder.directory}/bin:${process.env.PATH}`;
    const { seen, running } = start(
      `env PATH=${word(PATH)} DIR=${word(folder.directory)} sh -c`,
      Date.now() + 60_000,
    );
    running.cut();
    await running.done;
    assert.match(seen.join(), /^failed it was not executed/);
  });

  it("says which node does not answer, and why", async () => {
    const { running } = start("sh -c 'echo no route to host >&2; exit 255'", Date.now());
    await assert.rejects(running.done, /^Error: node2: no route to host$/);
  });
});
