import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { SwarmbenchError } from "../../contract/errors.ts";
import { isHostName, isUserName } from "../../lib/hostNames.ts";
import { readManifests } from "../../test/support/readManifests.ts";
import { formatError } from "./errors.ts";
import { inspectManifests, type RspecInspection, type RspecOptions } from "./manifests.ts";

const fixture = (name: string) => ({
  name,
  text: readFileSync(path.join(import.meta.dirname, "../../test/fixtures/rspec", name), "utf8"),
});
const read = (names: string[], options?: RspecOptions) => readManifests(names.map(fixture), options);
const node = (testbed: Pick<RspecInspection, "nodes">, name: string) =>
  testbed.nodes.find((each) => each.name === name) ?? assert.fail(`no ${name}`);
const namesOf = ({ nodes }: Pick<RspecInspection, "nodes">) => nodes.map(({ name }) => name);
const addressesOf = ({ nodes }: Pick<RspecInspection, "nodes">) => nodes.map(({ address }) => address);
const ignoredOf = ({ ignored }: Pick<RspecInspection, "ignored">) => ignored.map(formatError);
const inline = (inside: string, type = "manifest") => ({
  name: "m.xml",
  text: `<rspec xmlns="http://www.geni.net/resources/rspec/3" type="${type}">${inside}</rspec>`,
});

const MANAGER = "urn:publicid:IDN+lab.example.org+authority+cm";
interface Made {
  name: string;
  ips?: string[];
  host?: string;
  inside?: string;
  manager?: string;
}
const made = ({ name, ips = [], host, inside = "", manager = MANAGER }: Made) =>
  `<node client_id="${name}" component_manager_id="${manager}" sliver_id="s-${name}-${manager}">
    <services><login authentication="ssh-keys" hostname="${name}.${manager.length}.lab.example.org" port="22" username="ann"/></services>
    ${ips.map((ip, index) => `<interface client_id="${name}:if${index}"><ip address="${ip}" netmask="255.255.255.0" type="ipv4"/></interface>`).join("")}
    ${host ? `<host name="${name}" ipv4="${host}"/>` : ""}${inside}</node>`;
const link = (name: string, ...interfaces: string[]) =>
  `<link client_id="${name}">${interfaces.map((each) => `<interface_ref client_id="${each}"/>`).join("")}</link>`;
const readInline = (inside: string, options?: RspecOptions) => readManifests([inline(inside)], options);

/** The lines of the error that an action throws, without the heading. */
function errorsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof SwarmbenchError && error.code === "manifest-invalid", String(error));
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ""));
  }
  return assert.fail("no error");
}

describe("a manifest of the Virtual Wall", () => {
  const testbed = read(["virtual-wall.xml"]);

  it("has the name, login and address of each node", () => {
    assert.deepEqual(node(testbed, "node1"), {
      name: "node1",
      file: "virtual-wall.xml",
      login: { host: "n900-01.wall2.ilabt.iminds.be", port: 22, user: "ann" },
      address: "192.168.10.1",
    });
  });

  it("has its LAN as the data network", () => {
    assert.deepEqual(testbed.network, { kind: "link", name: "lan0" });
    assert.deepEqual(addressesOf(testbed), ["192.168.10.1", "192.168.10.2", "192.168.10.10"]);
  });

  it("has its nodes sorted by number, regardless of their order in the file", () => {
    assert.deepEqual(namesOf(testbed), ["node1", "node2", "node10"]);
  });

  it("has the logins of the chosen user", () => {
    const users = read(["virtual-wall.xml"], { user: "bert" }).nodes.map(({ login }) => login.user);
    assert.deepEqual(users, ["bert", "bert", "bert"]);
  });

  it("lists the existing users if the chosen one has no login", () => {
    const [first, ...nodes] = errorsOf(() => read(["virtual-wall.xml"], { user: "carl" }));
    assert.match(first ?? "", /no node has a usable login/);
    assert.equal(nodes.length, 3);
    assert.equal(nodes[0], 'virtual-wall.xml: node1: has no login of user "carl", only of ann, bert');
  });
});

describe("a manifest that is labelled request", () => {
  const testbed = read(["emulab-request.xml"]);

  it("is read like any other", () => {
    assert.deepEqual(
      testbed.nodes.map(({ name, address, login }) => [name, address, login.port]),
      [
        ["client", "10.10.1.2", 31037],
        ["server", "10.10.1.1", 31036],
      ],
    );
  });

  it("has its link as the data network, although its interfaces are not named after nodes", () => {
    assert.deepEqual(testbed.network, { kind: "link", name: "link-0" });
  });

  it("is rejected if it contains no reserved node", () => {
    const request = inline(`<node client_id="node1"/><node client_id="node2"/>`, "request");
    assert.deepEqual(
      errorsOf(() => readManifests([request])),
      [
        "m.xml: no node has a usable login: wait until jFed shows all nodes as ready, then save the manifest (not the request) again",
        "m.xml: node1: has no login",
        "m.xml: node2: has no login",
      ],
    );
  });
});

describe("a manifest with auxiliary nodes", () => {
  it("has only its machines as nodes: a blockstore and a switch are ignored, even with a login", () => {
    const testbed = read(["blockstore.xml"]);
    assert.deepEqual(namesOf(testbed), ["node1", "node2", "node3"]);
    assert.deepEqual(testbed.network, { kind: "link", name: "lan" });
    assert.deepEqual(ignoredOf(testbed), [
      'blockstore.xml: datastore: cannot run containers: it is of type "emulab-blockstore"',
      "blockstore.xml: fabric: has no login",
    ]);
  });

  it("never has a blockstore as the first node, the manager, for any options", () => {
    for (const dataNetwork of ["control", "storage", undefined]) {
      assert.equal(read(["blockstore.xml"], { dataNetwork }).nodes[0]?.name, "node1", dataNetwork);
    }
    assert.match(
      errorsOf(() => read(["blockstore.xml"], { machines: ["datastore", "node1"] })).join(),
      /"datastore": cannot run containers/,
    );
  });

  it("has only the nodes on the chosen link", () => {
    const extra = made({ name: "extra", ips: ["10.9.0.9"] });
    const text = fixture("blockstore.xml").text.replace("</rspec>", `${extra}</rspec>`);
    const testbed = readManifests([{ name: "m.xml", text }], { dataNetwork: "lan" });
    assert.deepEqual(namesOf(testbed), ["node1", "node2", "node3"]);
    assert.ok(ignoredOf(testbed).includes('m.xml: extra: is not on link "lan"'));
  });
});

describe("machines that are chosen by name", () => {
  it("are the only ones used, in the given order", () => {
    const testbed = read(["blockstore.xml"], { machines: ["node3", "node1"] });
    assert.deepEqual(namesOf(testbed), ["node3", "node1"]);
    assert.deepEqual(addressesOf(testbed), ["10.10.1.3", "10.10.1.1"]);
  });

  it("must exist, be usable and be on the data network", () => {
    assert.match(
      errorsOf(() => read(["blockstore.xml"], { machines: ["node1", "fabric", "node9"] })).join("\n"),
      /"fabric": has no login\n.*"node9": is not in the manifest, which has node1, node2, node3/,
    );
    assert.match(
      errorsOf(() =>
        read(["blockstore.xml"], { machines: ["node1", "node2"], dataNetwork: "storage" }),
      ).join(),
      /node2: is not on link "storage"/,
    );
  });
});

describe("a login that is not complete", () => {
  it("without a user name belongs to the chosen user", () => {
    const testbed = read(["version2.xml"], { user: "ann" });
    assert.deepEqual(node(testbed, "left").login, { host: "pc1.emulab.net", port: 22, user: "ann" });
    assert.match(errorsOf(() => read(["version2.xml"])).join(), /left: .*no username: set testbed\.user/);
  });

  it("with the host name None is ignored", () => {
    assert.match(
      errorsOf(() => read(["hostname-none.xml"])).join("\n"),
      /no node has a usable login[\s\S]*vm1: has no usable login: the login of "root" has no hostname/,
    );
    const files = ["hostname-none.xml", "grid5000.xml"];
    assert.deepEqual(namesOf(read(files)), ["node0", "node1"]);
  });
});

describe("machines that share a host's address", () => {
  it("cannot use the control network", () => {
    assert.match(
      errorsOf(() => read(["emulab-request.xml"], { dataNetwork: "control" })).join(),
      /behind a gateway/,
    );
  });
});

describe("a proxy's account among the logins", () => {
  const testbed = read(["containers-proxy.xml"]);

  it("is not used as the node's login, whether it comes first or last", () => {
    assert.deepEqual(
      testbed.nodes.map(({ login }) => `${login.user}@${login.host}:${login.port}`),
      ["ann@172.18.0.11:22001", "ann@172.18.0.12:22002"],
    );
  });

  it("is the jump host of the connection", () => {
    for (const { login } of testbed.nodes) {
      assert.deepEqual(login.jump, { host: "proxy.example.org", port: 2222, user: "proxyuser" });
    }
  });
});

describe("a manifest without links, such as Grid'5000's", () => {
  const testbed = read(["grid5000.xml"]);

  it("has the control network as its data network, with a note", () => {
    assert.deepEqual(testbed.network, { kind: "control" });
    assert.match(testbed.notes.join("\n"), /no link connects the nodes: they use the control network/);
  });

  it("has the addresses in the file, and lists the nodes without one", () => {
    assert.equal(node(testbed, "node0").address, "172.16.96.7");
    assert.equal(node(testbed, "node1").address, undefined);
    assert.match(testbed.notes.join("\n"), /no control network address of node1/);
  });
});

describe("undeclared prefixes", () => {
  const testbed = read(["prefixed.xml"]);

  it("are ignored", () => {
    assert.deepEqual(
      testbed.nodes.map(({ name, address }) => [name, address]),
      [
        ["a", "10.0.0.1"],
        ["b", "10.0.0.2"],
      ],
    );
  });

  it("a login with a password is not used", () => {
    assert.deepEqual(node(testbed, "a").login, { host: "a.lab.example.org", port: 2201, user: "ann" });
  });

  it("a password appears in no message, whether or not the login is declared as one with a password", () => {
    const onlyPassword = fixture("prefixed.xml").text.replaceAll(/<emulab:login.*username="ann"\/>/g, "");
    for (const text of [onlyPassword, onlyPassword.replace('authentication="ssh" ', "")]) {
      const { ignored } = readManifests([{ name: "p.xml", text }]);
      assert.match(ignored.map(formatError).join(), /p\.xml: a: has no usable login: the login of "root" /);
      assert.doesNotMatch(JSON.stringify(ignored), /secret/);
    }
  });

  it("a login without port and authentication uses port 22 and keys", () => {
    assert.deepEqual(node(testbed, "b").login, { host: "b.lab.example.org", port: 22, user: "ann" });
  });
});

describe("a file with many errors", () => {
  it("has its usable nodes, and a reason for each of the others", () => {
    const inspection = inspectManifests([fixture("broken.xml")]);
    assert.deepEqual(namesOf(inspection), ["address", "node on line 2"]);
    assert.deepEqual(
      ignoredOf(inspection).map((text) => text.replace(/^broken\.xml: /, "")),
      [
        "no-login: has no login",
        'password: has no usable login: the login of "root" uses "ssh", not "ssh-keys"',
        'option: has no usable login: the login of "-l" has the invalid hostname "-oProxyCommand=id"',
        "asked-for: has no login",
      ],
    );
  });

  it("ignores a malformed address", () => {
    assert.deepEqual(addressesOf(inspectManifests([fixture("broken.xml")])), [undefined, undefined]);
  });

  it("has an error that counts them and says that nothing was changed", () => {
    const text = fixture("broken.xml").text.replaceAll('"ssh-keys"', '"password"');
    assert.throws(() => readManifests([{ name: "b.xml", text }]), {
      message: /^The manifests have 7 errors; nothing was changed:\n {2}- b\.xml: no node has/,
    });
  });

  it("does not hide the errors of other files", () => {
    const errors = errorsOf(() => readManifests([{ name: "x", text: "<rspec" }, fixture("broken.xml")]));
    assert.equal(errors.length, 5);
    assert.match(errors[0] ?? "", /^x: is not well-formed XML/);
  });

  it("prints at most 40 lines", () => {
    const many = inline(`<node sliver_id="x"/>`.repeat(900));
    assert.throws(() => readManifests([many]), /901 errors[\s\S]*and 861 more\n/);
  });
});

describe("manifests of several testbeds", () => {
  const testbed = read(["stitched-wall2.xml", "stitched-emulab.xml"]);

  it("are one set of machines, each with the login of its own testbed's manifest", () => {
    assert.deepEqual(
      testbed.nodes.map(({ login, file }) => [login.host, file]),
      [
        ["pc700.emulab.net", "stitched-emulab.xml"],
        ["n900-01.wall2.ilabt.iminds.be", "stitched-wall2.xml"],
      ],
    );
    assert.deepEqual(testbed.ignored, []);
  });

  it("have the testbed's name appended to nodes that share a name", () => {
    assert.deepEqual(namesOf(testbed), ["node0@emulab.net", "node0@wall2.ilabt.iminds.be"]);
  });

  it("are joined by the link that spans them", () => {
    assert.deepEqual(testbed.network, { kind: "link", name: "stitch0" });
    assert.deepEqual(addressesOf(testbed), ["192.168.3.2", "192.168.3.1"]);
  });

  it("have only the nodes with a login if a manifest is missing", () => {
    const alone = read(["stitched-wall2.xml"]);
    assert.deepEqual(namesOf(alone), ["node0"]);
    assert.deepEqual(ignoredOf(alone), ["stitched-wall2.xml: node0: has no login"]);
  });

  it("use the control networks if no link spans them, with a note", () => {
    const { network, notes } = read(["grid5000.xml", "virtual-wall.xml"]);
    assert.deepEqual(network, { kind: "control" });
    assert.match(
      notes.join("\n"),
      /no link connects the nodes of am\.grid5000\.fr:rennes and wall2\.ilabt\.iminds\.be/,
    );
  });

  it("may be listed twice: each machine is used once", () => {
    const twice = read(["virtual-wall.xml", "virtual-wall.xml"]);
    assert.deepEqual(twice.nodes, read(["virtual-wall.xml"]).nodes);
  });

  it("of one slice, saved early and late, have the logins of the late one", () => {
    const late = fixture("virtual-wall.xml");
    const early = { name: "early.xml", text: late.text.replace(/<services>[\s\S]*?<\/services>/g, "") };
    for (const files of [
      [early, late],
      [late, early],
    ]) {
      const { nodes, network } = readManifests(files);
      assert.deepEqual(
        nodes.map(({ login }) => login.user),
        ["ann", "ann", "ann"],
      );
      assert.equal(network.kind, "link");
    }
  });

  it("that contradict each other are rejected", () => {
    const current = fixture("virtual-wall.xml");
    const old = { name: "old.xml", text: current.text.replaceAll('hostname="n900', 'hostname="n800') };
    assert.match(
      errorsOf(() => readManifests([current, old])).join(),
      /old\.xml: node1: is listed twice with different logins \(virtual-wall\.xml\): leave out the older/,
    );
  });
});

describe("the data network", () => {
  const two =
    made({ name: "a", ips: ["10.0.0.1", "10.9.0.1"] }) + made({ name: "b", ips: ["10.0.0.2", "10.9.0.2"] });
  const both = two + link("fast", "a:if0", "b:if0") + link("slow", "a:if1", "b:if1");

  it("is the user's choice if several links connect equally many nodes", () => {
    assert.match(
      errorsOf(() => readInline(both)).join(),
      /"fast" and "slow" connect equally many nodes: name one in testbed\.dataNetwork/,
    );
    const testbed = readInline(both, { dataNetwork: "slow" });
    assert.deepEqual(testbed.network, { kind: "link", name: "slow" });
    assert.deepEqual(addressesOf(testbed), ["10.9.0.1", "10.9.0.2"]);
  });

  it("is an existing link", () => {
    assert.match(
      errorsOf(() => readInline(both, { dataNetwork: "fats" })).join(),
      /there is no link "fats" between the nodes; "fast" is between a, b; "slow" is between a, b/,
    );
  });

  it("is the link with the most nodes; other nodes are ignored, with the reason", () => {
    const three = two + made({ name: "c", ips: ["10.0.0.3"] }) + made({ name: "d", ips: ["10.8.0.3"] });
    const testbed = readInline(
      three + link("all", "a:if0", "b:if0", "c:if0") + link("pair", "a:if1", "b:if1"),
    );
    assert.deepEqual([namesOf(testbed), testbed.network], [["a", "b", "c"], { kind: "link", name: "all" }]);
    assert.deepEqual(ignoredOf(testbed), ['m.xml: d: is not on link "all"']);
  });

  it("is never a link without addresses", () => {
    const bare = `<interface client_id="b:if0"/>`;
    const half =
      made({ name: "a", ips: ["10.0.0.1"] }) +
      made({ name: "b", inside: bare }) +
      link("l", "a:if0", "b:if0");
    assert.deepEqual(ignoredOf(readInline(half, { dataNetwork: "l" })), [
      'm.xml: b: has no IPv4 address on link "l"',
    ]);
    for (const text of [half, half.replace(/<ip [^>]*>/g, "")]) {
      assert.match(errorsOf(() => readInline(text)).join(), /link "l" has no IPv4 addresses/);
    }
  });

  it("must not have two nodes with the same address", () => {
    const same =
      made({ name: "a", ips: ["10.0.0.1"] }) +
      made({ name: "b", ips: ["10.0.0.1"] }) +
      link("l", "a:if0", "b:if0");
    assert.match(errorsOf(() => readInline(same)).join(), /a and b have the same address, 10\.0\.0\.1/);
  });

  it("can be the control network", () => {
    const nodes =
      made({ name: "a", ips: ["10.0.0.1"], host: "192.0.2.1" }) + made({ name: "b", host: "192.0.2.2" });
    assert.deepEqual(addressesOf(readInline(nodes, { dataNetwork: "control" })), ["192.0.2.1", "192.0.2.2"]);
  });

  it("ignores interfaces of a link that belong to no node", () => {
    const nodes = made({ name: "a", ips: ["10.0.0.1"] }) + made({ name: "b", ips: ["10.0.0.2"] });
    const testbed = readInline(nodes + link("l", "a:if0", "b:if0", "gone:if0"));
    assert.deepEqual(addressesOf(testbed), ["10.0.0.1", "10.0.0.2"]);
  });
});

describe("nodes of one name", () => {
  it("on one testbed with different logins are rejected by name", () => {
    const twice = made({ name: "a" }) + made({ name: "a" }).replace('port="22"', 'port="23"');
    assert.match(
      errorsOf(() => readInline(twice)).join(),
      /m\.xml: a: is listed twice with different logins .*rename one of the nodes/,
    );
  });

  it("never get a name that another node has", () => {
    const urn = (name: string) => `urn:publicid:IDN+${name}+authority+cm`;
    const testbed = readInline(
      made({ name: "a", manager: urn("x.one"), host: "192.0.2.1" }) +
        made({ name: "a", manager: urn("yy.one"), host: "192.0.2.2" }) +
        made({ name: "a-x", manager: urn("x.one"), host: "192.0.2.3" }),
    );
    assert.deepEqual(namesOf(testbed), ["a-x", "a@x.one", "a@yy.one"]);
  });
});

describe("values of a manifest that go into an ssh configuration", () => {
  const attribute = (text: string) =>
    text.replace(/[&<"\p{Cc}]/gu, (character) => `&#${character.codePointAt(0)};`);

  it("are host names, user names, ports and addresses only, for every text", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.constantFrom(
        "x\nMatch exec touch",
        "../../x",
        "-oProxyCommand=id",
        "a b",
        "None",
        "ann",
        "h.example",
      ),
    );
    fc.assert(
      fc.property(value, value, value, value, (hostname, username, port, address) => {
        const text = `<node client_id="a"><services><login hostname="${attribute(hostname)}" username="${attribute(username)}" port="${attribute(port)}"/></services><host ipv4="${attribute(address)}"/></node>`;
        for (const { login, address: data } of inspectManifests([inline(text)]).nodes) {
          assert.ok(isHostName(login.host) && isUserName(login.user), JSON.stringify(login));
          assert.ok(login.port > 0 && login.port < 65_536);
          assert.match(data ?? "0.0.0.0", /^[\d.]+$/);
        }
      }),
    );
  });
});

describe("for every manifest", () => {
  const names = [
    "virtual-wall.xml",
    "emulab-request.xml",
    "containers-proxy.xml",
    "grid5000.xml",
    "prefixed.xml",
    "blockstore.xml",
  ];
  const prefix = fc.stringMatching(/^[a-wyz][a-z0-9_-]{0,6}$/).map((text) => `${text}:`);

  it("prefixes change nothing, declared or not, even if every element has a different one", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.option(prefix, { nil: "" }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (name, prefixes, declared) => {
          const original = fixture(name);
          let count = 0;
          const open: string[] = [];
          const text = original.text.replace(
            /<(\/?)([\w-]+:)?([\w-]+)([^>]*?)(\/?)>/g,
            (_, end, _prefix, local, rest, empty) => {
              if (end) return `</${open.pop()}>`;
              const chosen = prefixes[count++ % prefixes.length] ?? "";
              const element = `${chosen}${local}`;
              if (!empty) open.push(element);
              const declaration = declared && chosen ? ` xmlns:${chosen.slice(0, -1)}="urn:x"` : "";
              return `<${element}${rest.includes(declaration) && declaration ? "" : declaration}${rest}${empty}>`;
            },
          );
          assert.deepEqual(readManifests([{ name, text }]), readManifests([original]));
        },
      ),
    );
  });

  it("damage ends in a result or in a SwarmbenchError", () => {
    const files = names.map(fixture);
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 60 }), fc.string({ maxLength: 12 })), {
          minLength: 1,
          maxLength: 4,
        }),
        ({ name, text }, cuts) => {
          let damaged = text;
          for (const [position, length, inserted] of cuts) {
            const start = position % (damaged.length + 1);
            damaged = damaged.slice(0, start) + inserted + damaged.slice(start + length);
          }
          try {
            readManifests([{ name, text: damaged }]);
          } catch (error) {
            assert.ok(error instanceof SwarmbenchError, String((error as Error).stack));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
