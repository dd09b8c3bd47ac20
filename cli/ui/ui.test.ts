import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import * as links from "./uiLinks.ts";
import * as plan from "./uiPlan.ts";
import * as tunnel from "./uiTunnel.ts";

const tools = { ...links, ...plan, ...tunnel };

const ssh = "ssh -F '/home/it'\\''s me/config' -p 2201 root@127.0.0.1";
const grafana = {
  name: "Grafana",
  service: "grafana",
  port: 3000,
  scheme: "http" as const,
  user: "admin",
  password: "secret",
  node: "node1",
  ssh,
};
const influxdb = { ...grafana, name: "InfluxDB", service: "influxdb", port: 8086 };
const id = (letter: string) => letter.repeat(64);

describe("the UIs of a stack", () => {
  const { ssh: _, ...output } = grafana;

  it("come with the way to their node", () =>
    assert.deepEqual(
      tools.uisOf(
        {
          nodes: [
            { name: "node2", ssh: "no" },
            { name: "node1", ssh },
          ],
          uis: [output],
        },
        "local",
      ),
      [grafana],
    ));
  it("are none where the stack is not up, and how to bring it up is said", () =>
    assert.throws(() => tools.uisOf({}, "lab"), /lab is not up.*pulumi up -s lab/s));
  it("are none where no part has one, and how to get one is said", () =>
    assert.throws(() => tools.uisOf({ nodes: [], uis: [] }, "lab"), /no UI.*grafana\.enabled true -s lab/s));
  it("are refused where their node is not the stack's", () =>
    assert.throws(() => tools.uisOf({ nodes: [], uis: [output] }, "lab"), /node1, which the stack does not/));
});

describe("what a node tells of its tasks", () => {
  const ask = (...lines: string[]) => Object.fromEntries(tools.tasksIn(`${lines.join("\n")}\n\n`));

  it("is the address of each task on the node's own bridge", () =>
    assert.deepEqual(
      ask(
        `task ${id("a")} grafana`,
        `task ${id("b")} influxdb`,
        `address ${id("b")} 172.18.0.4/16`,
        "address ingress-sbox 172.18.0.2/16",
        `address ${id("a")} 172.18.0.3/16`,
      ),
      {
        grafana: { container: id("a"), address: "172.18.0.3" },
        influxdb: { container: id("b"), address: "172.18.0.4" },
      },
    ));
  it("is of the newest of two tasks of a service", () =>
    assert.equal(
      ask(
        `task ${id("b")} grafana`,
        `task ${id("a")} grafana`,
        `address ${id("a")} 172.18.0.3/16`,
        `address ${id("b")} 172.18.0.9/16`,
      ).grafana?.address,
      "172.18.0.9",
    ));
  it("is nothing of a task that is on no network yet", () =>
    assert.deepEqual(ask(`task ${id("a")} grafana`, "address ingress-sbox 172.18.0.2/16"), {}));
});

describe("an ssh command", () => {
  it("goes to a shell as the stack's own command line, with the rest as words", () => {
    const [flag, line, name, ...words] = tools.sshArguments(ssh, ["-T"], "docker ps --format '{{.ID}}'");
    assert.deepEqual([flag, line, name], ["-c", `exec ${ssh} "$@"`, "ssh"]);
    assert.deepEqual(words.slice(-2), ["-T", "docker ps --format '{{.ID}}'"]);
  });
  it("asks nothing of a terminal", () =>
    assert.ok(tools.sshArguments(ssh, [], "true").join(" ").includes("-o BatchMode=yes")));
  it("forwards from loopback alone, or ends", () => {
    const words = tools.tunnelArguments(ssh, 3001, "172.18.0.3", 3000).join(" ");
    assert.match(words, / -o ExitOnForwardFailure=yes -L 127\.0\.0\.1:3001:172\.18\.0\.3:3000 /);
  });
});

describe("the ports", () => {
  const choose = (taken: number[], ...uis: (typeof grafana)[]) =>
    tools.choosePorts(uis, async (port) => !taken.includes(port));

  it("are the UIs' own where these are free", async () =>
    assert.deepEqual(await choose([], grafana, influxdb), [3000, 8086]));
  it("are the next ones where these are taken", async () =>
    assert.deepEqual(await choose([3000, 3001], grafana), [3002]));
  it("are each UI's alone", async () =>
    assert.deepEqual(await choose([], grafana, { ...influxdb, port: 3000 }), [3000, 3001]));
  it("do not go past the last there is", async () =>
    assert.rejects(
      choose([65_534, 65_535], { ...grafana, port: 65_534 }),
      /from 65534 to 65535 .*ss -ltnp/s,
    ));
  it("are not free where somebody listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    assert.equal(await tools.isFree(port), false);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await tools.isFree(port), true);
  });
});

it("a table has columns as wide as what is in them, and no blanks at its lines' ends", () =>
  assert.equal(
    tools.table([
      ["UI", "URL"],
      ["Grafana", "http://127.0.0.1:3000"],
      ["x", "y"],
    ]),
    "UI       URL\nGrafana  http://127.0.0.1:3000\nx        y",
  ));

describe("a link to a UI", () => {
  const first = { container: id("a"), address: "172.18.0.3" };
  const second = { container: id("b"), address: "172.18.0.4" };

  /** Tunnels that stand until a test ends them; `opened` is where to, `open` how many harness. */
  function make(answers: (address: string) => string | undefined = () => undefined) {
    const opened: string[] = [];
    const ends: ((why: string) => void)[] = [];
    let open = 0;
    const doors = {
      open: (_: unknown, __: number, address: string) => {
        let ended: string | undefined;
        const end = (why: string) => {
          if (ended === undefined) open -= 1;
          ended ??= why;
        };
        opened.push(address);
        ends.push(end);
        open += 1;
        return { ended: () => ended, close: async () => end("closed") };
      },
      answers: async () => answers(opened.at(-1) ?? ""),
    };
    const link = new tools.Link(grafana, 3001, doors);
    const said: string[] = [];
    const see = (...tasks: (typeof first)[]) =>
      tools.lead(
        [link],
        (line: string) => said.push(line),
        async () =>
          tasks
            .map(({ container, address }) => `task ${container} grafana\naddress ${container} ${address}/16`)
            .join("\n"),
      );
    return { link, opened, said, see, open: () => open, end: (why: string) => ends.at(-1)?.(why) };
  }

  it("leads to the task and stays while that does", async () => {
    const { opened, see, link, open } = make();
    await see(first);
    await see(first);
    assert.deepEqual([opened, link.trouble, open()], [[first.address], undefined, 1]);
  });
  it("follows a task that was made anew, and says so", async () => {
    const { opened, see, said, open } = make();
    await see(first);
    await see(second);
    assert.deepEqual([opened, open()], [[first.address, second.address], 1]);
    assert.equal(said.at(-1), "Grafana is at http://127.0.0.1:3001 again (it has a new task)");
  });
  it("follows a task whose address changed", async () => {
    const { opened, see } = make();
    await see(first);
    await see({ ...first, address: "172.18.0.9" });
    assert.deepEqual(opened, [first.address, "172.18.0.9"]);
  });
  it("opens again a tunnel that ended, and says why it had", async () => {
    const { opened, see, said, end, link } = make();
    await see(first);
    end("Connection reset by peer");
    assert.equal(link.fell, true);
    await see(first);
    assert.deepEqual([opened.length, link.fell], [2, false]);
    assert.match(said.at(-1) ?? "", /again \(its tunnel ended: Connection reset by peer\)$/);
  });
  it("says once that there is no task, and again when there is one", async () => {
    const { see, said, open } = make();
    await see(first);
    await see();
    await see();
    assert.equal(open(), 0);
    await see(second);
    assert.deepEqual(said.slice(1), [
      "Grafana cannot be reached: no task of the service grafana runs on node1",
      "Grafana is at http://127.0.0.1:3001 again (it has a new task)",
    ]);
  });
  it("leaves no tunnel open through which nothing answers", async () => {
    const { see, link, open } = make(() => "it does not answer");
    await see(first);
    assert.deepEqual([link.trouble, open()], ["it does not answer", 0]);
  });
  it("keeps a tunnel that stands while its node cannot be asked", async () => {
    const { link, see, open } = make();
    await see(first);
    await link.lose("node1 does not answer");
    assert.deepEqual([link.trouble, open()], [undefined, 1]);
  });
  it("has trouble where its tunnel fell and its node cannot be asked", async () => {
    const { link, see, end } = make();
    await see(first);
    end("broken pipe");
    await link.lose("node1 does not answer");
    assert.deepEqual([link.trouble, link.fell], ["node1 does not answer", false]);
  });
});
