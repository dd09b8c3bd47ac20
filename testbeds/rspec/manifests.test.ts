import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { readManifests } from "../../test/support/readManifests.ts";
import { line, RspecError } from "./errors.ts";
import { inspectManifests, type RspecInspection, type RspecOptions } from "./manifests.ts";

const fixture = (name: string) => ({
  name,
  text: readFileSync(path.join(import.meta.dirname, "../../test/fixtures/rspec", name), "utf8"),
});
const read = (names: string[], options?: RspecOptions) => readManifests(names.map(fixture), options);
const node = (testbed: Pick<RspecInspection, "nodes">, name: string) =>
  testbed.nodes.find((it) => it.name === name) ?? assert.fail(`no ${name}`);
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
    <services><login authentication="ssh-keys" hostname="${name}.lab.example.org" port="22" username="ann"/></services>
    ${ips.map((ip, index) => `<interface client_id="${name}:if${index}"><ip address="${ip}" netmask="255.255.255.0" type="ipv4"/></interface>`).join("")}
    ${host ? `<host name="${name}" ipv4="${host}"/>` : ""}${inside}</node>`;
const link = (name: string, ...interfaces: string[]) =>
  `<link client_id="${name}">${interfaces.map((it) => `<interface_ref client_id="${it}"/>`).join("")}</link>`;
const readInline = (inside: string, options?: RspecOptions) => readManifests([inline(inside)], options);

function errorOf(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof RspecError, String(error));
    return error.errors.map(line);
  }
  return assert.fail("no error");
}

describe("a manifest of the Virtual Wall", () => {
  const testbed = read(["virtual-wall.xml"]);

  it("gives all that is used of a node", () => {
    assert.deepEqual(node(testbed, "node1"), {
      name: "node1",
      clientId: "node1",
      file: "virtual-wall.xml",
      testbed: "wall2.ilabt.iminds.be",
      login: { host: "n900-01.wall2.ilabt.iminds.be", port: 22, user: "ann" },
      address: "192.168.10.1",
    });
  });

  it("has its LAN as the data network", () => {
    assert.deepEqual(testbed.network, { kind: "link", name: "lan0", subnet: "192.168.10.0/24" });
    assert.deepEqual(
      testbed.nodes.map(({ address }) => address),
      ["192.168.10.1", "192.168.10.2", "192.168.10.10"],
    );
  });

  it("gives nodes in the order of their numbers, in whatever order they stand", () => {
    assert.deepEqual(
      testbed.nodes.map(({ name }) => name),
      ["node1", "node2", "node10"],
    );
  });

  it("gives the logins of the user that is named", () => {
    const users = read(["virtual-wall.xml"], { user: "bert" }).nodes.map(({ login }) => login.user);
    assert.deepEqual(users, ["bert", "bert", "bert"]);
  });

  it("names the users that there are if the named one is none of them", () => {
    const errors = errorOf(() => read(["virtual-wall.xml"], { user: "carl" }));
    assert.equal(errors.length, 3);
    assert.equal(
      errors[0],
      'virtual-wall.xml: node1: has no login of user "carl"; it has those of ann, bert',
    );
  });

  it("is remarked on when its reservation has ended, and not refused: it may have been extended", () => {
    const late = read(["virtual-wall.xml"], { now: new Date("2026-11-22T00:00:00Z") });
    assert.deepEqual(late.notes, ['virtual-wall.xml: its reservation was to end at "2026-11-21T09:00:00Z"']);
    assert.deepEqual(read(["virtual-wall.xml"], { now: new Date("2026-11-20T00:00:00Z") }).notes, []);
  });
});

describe("a manifest that is labelled request", () => {
  const testbed = read(["emulab-request.xml"]);

  it("is read as what it is", () => {
    assert.deepEqual(
      testbed.nodes.map(({ name, address, login }) => [name, address, login.port]),
      [
        ["client", "10.10.1.2", 31037],
        ["server", "10.10.1.1", 31036],
      ],
    );
  });

  it("has its link as the data network, although its interfaces are not named after nodes", () => {
    assert.deepEqual(testbed.network, { kind: "link", name: "link-0", subnet: "10.10.1.0/24" });
  });

  it("is refused if nothing in it is reserved", () => {
    const request = inline(`<node client_id="node1"/><node client_id="node2"/>`, "request");
    assert.deepEqual(
      errorOf(() => readManifests([request])),
      [
        "m.xml: is a request: nothing in it is reserved. Run it in jFed, wait until it is ready, and save its manifest",
      ],
    );
  });
});

describe("machines that share a host's address", () => {
  it("cannot talk over the control network", () => {
    assert.match(
      errorOf(() => read(["emulab-request.xml"], { dataNetwork: "control" })).join(),
      /behind a gateway/,
    );
  });
});

describe("a proxy's account among the logins", () => {
  const testbed = read(["containers-proxy.xml"]);

  it("is not taken for the node's, whether it comes first or last", () => {
    assert.deepEqual(
      testbed.nodes.map(({ login }) => `${login.user}@${login.host}:${login.port}`),
      ["ann@172.18.0.11:22001", "ann@172.18.0.12:22002"],
    );
  });

  it("is what the connection goes through", () => {
    for (const { login } of testbed.nodes) {
      assert.deepEqual(login.jump, { host: "proxy.example.org", port: 2222, user: "proxyuser" });
    }
  });
});

describe("a manifest without links, as Grid'5000's", () => {
  const testbed = read(["grid5000.xml"]);

  it("has the control network as its data network, and says so", () => {
    assert.deepEqual(testbed.network, { kind: "control" });
    assert.match(testbed.notes.join("\n"), /no link: the nodes talk over the control network/);
  });

  it("gives the addresses that it tells, and names the nodes whose it does not", () => {
    assert.equal(node(testbed, "node0").address, "172.16.96.7");
    assert.equal(node(testbed, "node1").address, undefined);
    assert.match(testbed.notes.join("\n"), /does not tell the control network's address of node1/);
  });

  it("gives its site", () => assert.equal(node(testbed, "node0").testbed, "am.grid5000.fr:rennes"));
});

describe("prefixed names of which none is declared", () => {
  const testbed = read(["prefixed.xml"]);

  it("are read as if there were no prefixes", () => {
    assert.deepEqual(
      testbed.nodes.map(({ name, address }) => [name, address]),
      [
        ["a", "10.0.0.1"],
        ["b", "10.0.0.2"],
      ],
    );
  });

  it("a password's login is left out, and the reason is told without the password", () => {
    assert.deepEqual(node(testbed, "a").login, { host: "a.lab.example.org", port: 2201, user: "ann" });
    assert.ok(
      testbed.notes.includes(
        'prefixed.xml: a: login of "root" is left out: it is by "ssh", and keys are needed ("ssh-keys")',
      ),
    );
  });

  it("a password goes into no message, also where the login says nothing of passwords", () => {
    const text = fixture("prefixed.xml").text.replace('authentication="ssh" ', "");
    const { notes } = readManifests([{ name: "p.xml", text }]);
    assert.match(notes.join(), /p\.xml: a: login of "root" is left out: username "root:…" is no user name/);
  });

  it("what is missing at a login is what is usual: port 22, keys", () => {
    assert.deepEqual(node(testbed, "b").login, { host: "b.lab.example.org", port: 22, user: "ann" });
  });
});

describe("a sliver that is not ready", () => {
  it("is named with its state, and with the testbed's reason", () => {
    const [early, dead, ...rest] = errorOf(() => read(["exogeni-not-ready.xml"]));
    assert.match(
      early ?? "",
      /^exogeni-not-ready\.xml: early: is not ready: its state is "configuring"; wait until/,
    );
    assert.match(dead ?? "", /dead: is not ready: its state is "failed": "Insufficient numCPUCores"/);
    assert.deepEqual(rest, []);
  });

  it("leaves the others to who can do without it", () => {
    const { nodes, rejected, errors, network } = inspectManifests([fixture("exogeni-not-ready.xml")]);
    assert.deepEqual(
      [nodes.map(({ name }) => name), rejected.map(({ name }) => name)],
      [["ok"], ["early", "dead"]],
    );
    assert.deepEqual([errors, network, nodes[0]?.address], [[], { kind: "control" }, "192.0.2.14"]);
  });

  it("is told by the aggregates' own words too, and a word that is not known is no failure", () => {
    const status = (attribute: string) =>
      inspectManifests([inline(made({ name: "a", host: "10.1.1.1" }).replace("<node", `<node ${attribute}`))])
        .rejected;
    for (const word of ["geni_notready", "geni_pending_allocation", "geni_failed"]) {
      assert.equal(status(`geni_operational_status="${word}"`).length, 1, word);
    }
    assert.equal(status('geni_allocation_status="geni_allocated"').length, 1);
    assert.deepEqual(
      status('geni_allocation_status="geni_provisioned" geni_operational_status="geni_ready"'),
      [],
    );
    assert.deepEqual(status('status="sunny"'), []);
  });
});

describe("a file with many errors", () => {
  it("is refused with all of them, each with its node", () => {
    assert.deepEqual(
      errorOf(() => read(["broken.xml"])).map((text) =>
        text.replace(/^broken\.xml: /, "").replace(/; wait.*/, ""),
      ),
      [
        "node 1 (line 2): client_id is missing",
        "no-login: has no login: it is not ready yet, or of a kind that cannot be logged in to",
        'password: has no login that can be used: login of "root" is left out: it is by "ssh", and keys are needed ("ssh-keys")',
        'option: has no login that can be used: login of "-l" is left out: hostname "-oProxyCommand=id" is no host name or address; login of "-l" is left out: port "99999" is no port; login of "-l" is left out: username "-l" is no user name',
        'address: component_manager_id "lab.example.org" is no URN such as urn:publicid:IDN+…+authority+cm',
        'address: interface "address:if0": address "10.0.0.300" is no IPv4 address',
        'address: interface "address:if0": netmask "255.0.255.0" is no netmask',
        "asked-for: is not reserved: it has neither sliver nor login",
      ],
    );
  });

  it("has an error that counts them and says that nothing was changed", () => {
    assert.throws(() => read(["broken.xml"]), {
      message: /^The testbed's RSpec has 8 errors; nothing was changed:\n {2}- broken\.xml: node 1/,
    });
  });

  it("does not keep those of the other files back", () => {
    const errors = errorOf(() => readManifests([{ name: "x", text: "<rspec" }, fixture("broken.xml")]));
    assert.equal(errors.length, 9);
    assert.match(errors[0] ?? "", /^x: is no well-formed XML/);
  });

  it("prints no thousand lines", () => {
    const many = inline(`<node sliver_id="x"/>`.repeat(900));
    assert.throws(() => readManifests([many]), /1800 errors[\s\S]*and 1760 more$/);
  });
});

describe("manifests of several testbeds", () => {
  const testbed = read(["stitched-wall2.xml", "stitched-emulab.xml"]);

  it("are one set of machines: what one manifest repeats of the other testbed's is the other's", () => {
    assert.deepEqual(
      testbed.nodes.map(({ clientId, testbed: place, file }) => [clientId, place, file]),
      [
        ["node0", "emulab.net", "stitched-emulab.xml"],
        ["node0", "wall2.ilabt.iminds.be", "stitched-wall2.xml"],
      ],
    );
  });

  it("give nodes of one name the testbed's name too", () => {
    assert.deepEqual(
      testbed.nodes.map(({ name }) => name),
      ["node0-emulab", "node0-wall2"],
    );
  });

  it("are joined by the link that spans them", () => {
    assert.deepEqual(testbed.network, { kind: "link", name: "stitch0", subnet: "192.168.3.0/24" });
    assert.deepEqual(
      testbed.nodes.map(({ address }) => address),
      ["192.168.3.2", "192.168.3.1"],
    );
  });

  it("are asked for where one is missing", () => {
    const [error] = errorOf(() => read(["stitched-wall2.xml"]));
    assert.match(error ?? "", /node0: is not reserved.*or give the manifest of emulab\.net too$/);
  });

  it("talk over the control networks where no link spans them, and say so", () => {
    const { network, notes } = read(["grid5000.xml", "virtual-wall.xml"]);
    assert.deepEqual(network, { kind: "control" });
    assert.match(
      notes.join("\n"),
      /no link is between the nodes of am\.grid5000\.fr:rennes and wall2\.ilabt\.iminds\.be/,
    );
  });

  it("may be given twice: the same machine is taken once", () => {
    const twice = read(["virtual-wall.xml", "virtual-wall.xml"]);
    assert.deepEqual(twice.nodes, read(["virtual-wall.xml"]).nodes);
    assert.match(twice.notes[0] ?? "", /stands there more than once: taken once/);
  });

  it("of one slice, saved early and saved late, are the late one", () => {
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

  it("that contradict each other are refused", () => {
    const old = fixture("virtual-wall.xml");
    const other = { name: "old.xml", text: old.text.replaceAll("sliver+7000", "sliver+6000") };
    const moved = { name: "old.xml", text: old.text.replaceAll('hostname="n900', 'hostname="n800') };
    assert.match(
      errorOf(() => readManifests([old, other])).join(),
      /node1: stands there more than once, for different/,
    );
    assert.match(
      errorOf(() => readManifests([old, moved])).join(),
      /with different logins: leave out the older/,
    );
  });
});

describe("the data network", () => {
  const two =
    made({ name: "a", ips: ["10.0.0.1", "10.9.0.1"] }) + made({ name: "b", ips: ["10.0.0.2", "10.9.0.2"] });
  const both = two + link("fast", "a:if0", "b:if0") + link("slow", "a:if1", "b:if1");

  it("is the user's choice where there is one", () => {
    assert.match(
      errorOf(() => readInline(both)).join(),
      /all nodes are on several links, "fast" and "slow": name one/,
    );
    const { network, nodes } = readInline(both, { dataNetwork: "slow" });
    assert.deepEqual(network, { kind: "link", name: "slow", subnet: "10.9.0.0/24" });
    assert.deepEqual(
      nodes.map(({ address }) => address),
      ["10.9.0.1", "10.9.0.2"],
    );
  });

  it("is a link that exists", () => {
    assert.match(
      errorOf(() => readInline(both, { dataNetwork: "fats" })).join(),
      /there is no link "fats"; "fast" is between a, b; "slow" is between a, b/,
    );
  });

  it("is never chosen with a node left out: each is named", () => {
    const three = both + made({ name: "c", ips: ["10.8.0.3"] });
    assert.deepEqual(
      errorOf(() => readInline(three, { dataNetwork: "fast" })),
      ['m.xml: c: is not on link "fast"'],
    );
    assert.match(
      errorOf(() => readInline(three)).join(),
      /no link is between all nodes; "fast" is between a, b/,
    );
  });

  it("is none that gives no addresses", () => {
    const bare = `<interface client_id="b:if0"/>`;
    const half =
      made({ name: "a", ips: ["10.0.0.1"] }) +
      made({ name: "b", inside: bare }) +
      link("l", "a:if0", "b:if0");
    assert.deepEqual(
      errorOf(() => readInline(half)),
      ['m.xml: b: has no IPv4 address on link "l"'],
    );
    const none = half.replace(/<ip [^>]*>/g, "");
    assert.match(
      errorOf(() => readInline(none)).join(),
      /link "l" is between all nodes but gives them no IPv4 addresses/,
    );
  });

  it("is the one network that all interfaces are in, where no link is named", () => {
    const nodes = made({ name: "a", ips: ["10.0.0.1"] }) + made({ name: "b", ips: ["10.7.0.2", "10.0.0.2"] });
    const { network, nodes: found } = readInline(nodes);
    assert.deepEqual(network, { kind: "interfaces", subnet: "10.0.0.0/24" });
    assert.deepEqual(
      found.map(({ address }) => address),
      ["10.0.0.1", "10.0.0.2"],
    );
  });

  it("has every address once, and all in one network", () => {
    const of = (a: string, b: string) =>
      made({ name: "a", ips: [a] }) + made({ name: "b", ips: [b] }) + link("l", "a:if0", "b:if0");
    assert.match(
      errorOf(() => readInline(of("10.0.0.1", "10.0.0.1"))).join(),
      /a and b have one address, 10\.0\.0\.1/,
    );
    assert.match(
      errorOf(() => readInline(of("10.0.0.1", "10.0.1.1"))).join(),
      /addresses of several networks/,
    );
  });

  it("may be asked to be the control network", () => {
    const nodes =
      made({ name: "a", ips: ["10.0.0.1"], host: "192.0.2.1" }) + made({ name: "b", host: "192.0.2.2" });
    assert.deepEqual(
      readInline(nodes, { dataNetwork: "control" }).nodes.map(({ address }) => address),
      ["192.0.2.1", "192.0.2.2"],
    );
  });

  it("a link that names an interface that no node has is remarked on", () => {
    const nodes = made({ name: "a", ips: ["10.0.0.1"] }) + made({ name: "b", ips: ["10.0.0.2"] });
    const { notes } = readInline(nodes + link("l", "a:if0", "b:if0", "gone:if0"));
    assert.deepEqual(notes, ['m.xml: link "l" names an interface "gone:if0" that no node has']);
  });
});

describe("nodes of one name", () => {
  it("on one testbed, as different machines, are refused by name", () => {
    const twice = made({ name: "a" }) + made({ name: "a" }).replace('sliver_id="', 'sliver_id="other-');
    assert.match(
      errorOf(() => readInline(twice)).join(),
      /m\.xml: a: stands there more than once, for different machines/,
    );
  });

  it("never get a name that another node has", () => {
    const urn = (name: string) => `urn:publicid:IDN+${name}+authority+cm`;
    const { nodes } = readInline(
      made({ name: "a", manager: urn("x.one") }) +
        made({ name: "a", manager: urn("y.one") }) +
        made({ name: "a-x", manager: urn("x.one") }) +
        made({ name: "b", manager: urn("am.x.one") }) +
        made({ name: "b", manager: urn("x.two") }),
    );
    assert.deepEqual(
      nodes.map(({ name }) => name),
      ["a-x", "a-x-one", "a-y", "b-am-x-one", "b-x-two"],
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
  ];
  const prefix = fc.stringMatching(/^[a-wyz][a-z0-9_-]{0,6}$/).map((text) => `${text}:`);

  it("prefixes change nothing, whatever they are, declared or not, another at every element", () => {
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

  it("damage ends in a result or in an error that is ours, and in nothing else", () => {
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
            const at = position % (damaged.length + 1);
            damaged = damaged.slice(0, at) + inserted + damaged.slice(at + length);
          }
          try {
            readManifests([{ name, text: damaged }]);
          } catch (error) {
            assert.ok(error instanceof RspecError, String((error as Error).stack));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
