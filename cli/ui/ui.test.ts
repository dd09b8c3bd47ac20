import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, describe, it } from "node:test";
import { makeAuthority, makeCertificate } from "../../test/support/certificates.ts";
import * as authority from "./uiAuthority.ts";
import * as links from "./uiLinks.ts";
import * as plan from "./uiPlan.ts";
import * as tunnel from "./uiTunnel.ts";

const tools = { ...authority, ...links, ...plan, ...tunnel };

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

  it("have the SSH command of their node", () =>
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
  it("are an error if the stack is not up, with a hint", () =>
    assert.throws(() => tools.uisOf({}, "lab"), /lab is not up.*pulumi up -s lab/s));
  it("are an error if no service has one, with a hint", () =>
    assert.throws(
      () => tools.uisOf({ nodes: [], uis: [] }, "lab"),
      /no web UI.*grafana\.enabled true -s lab/s,
    ));
  it("are an error if their node is not in the stack", () =>
    assert.throws(
      () => tools.uisOf({ nodes: [], uis: [output] }, "lab"),
      /node1, which is not a node of the stack/,
    ));
});

describe("the tasks that a node lists", () => {
  const ask = (...lines: string[]) => Object.fromEntries(tools.tasksIn(`${lines.join("\n")}\n\n`));

  it("have their address on the node's own bridge", () =>
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
  it("have the newest of two tasks of a service", () =>
    assert.equal(
      ask(
        `task ${id("b")} grafana`,
        `task ${id("a")} grafana`,
        `address ${id("a")} 172.18.0.3/16`,
        `address ${id("b")} 172.18.0.9/16`,
      ).grafana?.address,
      "172.18.0.9",
    ));
  it("do not have a task that is on no network yet", () =>
    assert.deepEqual(ask(`task ${id("a")} grafana`, "address ingress-sbox 172.18.0.2/16"), {}));
});

describe("an ssh command", () => {
  it("runs the stack's own command line in a shell, with further words", () => {
    const [flag, line, name, ...words] = tools.sshArguments(ssh, ["-T"], "docker ps --format '{{.ID}}'");
    assert.deepEqual([flag, line, name], ["-c", `exec ${ssh} "$@"`, "ssh"]);
    assert.deepEqual(words.slice(-2), ["-T", "docker ps --format '{{.ID}}'"]);
  });
  it("does not prompt", () =>
    assert.ok(tools.sshArguments(ssh, [], "true").join(" ").includes("-o BatchMode=yes")));
  it("forwards from loopback only, or ends", () => {
    const words = tools.tunnelArguments(ssh, 3001, "172.18.0.3", 3000).join(" ");
    assert.match(words, / -o ExitOnForwardFailure=yes -L 127\.0\.0\.1:3001:172\.18\.0\.3:3000 /);
  });
});

describe("the ports", () => {
  const choose = (taken: number[], ...uis: (typeof grafana)[]) =>
    tools.choosePorts(uis, async (port) => !taken.includes(port));

  it("are the UIs' own if they are free", async () =>
    assert.deepEqual(await choose([], grafana, influxdb), [3000, 8086]));
  it("are the next ones if those are in use", async () =>
    assert.deepEqual(await choose([3000, 3001], grafana), [3002]));
  it("differ for each UI", async () =>
    assert.deepEqual(await choose([], grafana, { ...influxdb, port: 3000 }), [3000, 3001]));
  it("do not go past the last port", async () =>
    assert.rejects(
      choose([65_534, 65_535], { ...grafana, port: 65_534 }),
      /from 65534 to 65535 .*ss -ltnp/s,
    ));
  it("are not free if a program listens", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    assert.equal(await tools.isFree(port), false);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await tools.isFree(port), true);
  });
});

it("a table has columns as wide as their content, and no trailing spaces", () =>
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

  /** A link with fake tunnels, which run until a test ends them; `opened`: their addresses, `open`: how many are running. */
  function make(answers: (address: string) => string | undefined = () => undefined) {
    const opened: string[] = [];
    const ends: ((why: string) => void)[] = [];
    let open = 0;
    const tunnels = {
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
    const link = new tools.Link(grafana, 3001, tunnels);
    const said: string[] = [];
    const see = (...tasks: (typeof first)[]) =>
      tools.connect(
        [link],
        (line: string) => said.push(line),
        async () =>
          tasks
            .map(({ container, address }) => `task ${container} grafana\naddress ${container} ${address}/16`)
            .join("\n"),
      );
    return { link, opened, said, see, open: () => open, end: (why: string) => ends.at(-1)?.(why) };
  }

  it("connects to the task, once", async () => {
    const { opened, see, link, open } = make();
    await see(first);
    await see(first);
    assert.deepEqual([opened, link.warning, open()], [[first.address], undefined, 1]);
  });
  it("follows a task that was replaced, and reports it", async () => {
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
  it("reopens a tunnel that ended, and reports why it ended", async () => {
    const { opened, see, said, end, link } = make();
    await see(first);
    end("Connection reset by peer");
    assert.equal(link.isBroken, true);
    await see(first);
    assert.deepEqual([opened.length, link.isBroken], [2, false]);
    assert.match(said.at(-1) ?? "", /again \(its tunnel ended: Connection reset by peer\)$/);
  });
  it("reports once that there is no task, and when there is one again", async () => {
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
  it("closes a tunnel through which nothing answers", async () => {
    const { see, link, open } = make(() => "it does not answer");
    await see(first);
    assert.deepEqual([link.warning, open()], ["it does not answer", 0]);
  });
  it("keeps a working tunnel while its node does not answer", async () => {
    const { link, see, open } = make();
    await see(first);
    await link.nodeFailed("node1 does not answer");
    assert.deepEqual([link.warning, open()], [undefined, 1]);
  });
  it("has a warning if its tunnel ended and its node does not answer", async () => {
    const { link, see, end } = make();
    await see(first);
    end("broken pipe");
    await link.nodeFailed("node1 does not answer");
    assert.deepEqual([link.warning, link.isBroken], ["node1 does not answer", false]);
  });
});

describe("a UI with HTTPS", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-unit-"));
  after(() => rmSync(folder, { recursive: true }));
  const secure = { ...influxdb, scheme: "https" as const };

  it("answers only with a certificate of its authority", async () => {
    const [own, other] = [makeAuthority(), makeAuthority()];
    const bundle = makeCertificate(own, ["influxdb", "127.0.0.1"]);
    const server = createHttps({ key: bundle, cert: bundle }, (_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const open = { ended: () => undefined, close: async () => {} };
    const failure = (ca?: string) => tools.untilItAnswers({ ...secure, ca }, port, open, 1);
    assert.equal(await failure(own.certificate), undefined);
    assert.match((await failure(other.certificate)) ?? "", /it does not answer \(.*(certificate|signature)/);
    assert.match((await failure()) ?? "", /it does not answer \(.*certificate/);
    await new Promise((resolve) => server.close(resolve));
  });
  it("has an https URL", () => {
    assert.equal(new tools.Link(secure, 8087).url, "https://127.0.0.1:8087");
  });
  it("has its authority's certificate written to a file of its scenario", () => {
    const file = tools.writeAuthority({ ...secure, ca: "certificate" }, "org/lab", folder) ?? assert.fail();
    assert.equal(path.relative(folder, file), "org-lab-influxdb.pem");
    assert.equal(readFileSync(file, "utf8"), "certificate\n");
  });
  it("has no such file if it serves HTTP", () =>
    assert.equal(tools.writeAuthority(influxdb, "lab", folder), undefined));
  it("is explained with the file, and a command that uses it", () => {
    const note = tools.authorityNote(secure, "/lab/ca.pem", "https://127.0.0.1:8086");
    assert.match(note, /^InfluxDB uses HTTPS with .* own authority, so a browser warns about it\.$/m);
    assert.match(
      note,
      /import \/lab\/ca\.pem .*: curl --cacert \/lab\/ca\.pem https:\/\/127\.0\.0\.1:8086$/m,
    );
    assert.doesNotMatch(tools.authorityNote(secure, "/lab/ca.pem"), /curl/);
  });
});
