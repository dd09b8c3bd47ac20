import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { asPulumiConfig, scenarioNames, settingsIn } from "../../cli/lib/scenarios.ts";
import { readArguments as argumentsOf } from "../../cli/rspec/arguments.ts";
import { rspecCommand } from "../../cli/rspec/command.ts";
import { lanOf, scenarioSettings } from "../../cli/rspec/scenario.ts";
import { parsed } from "../../test/support/commands.ts";
import { readManifests } from "../../test/support/readManifests.ts";
import { settingsErrors } from "../../test/support/settingsErrors.ts";
import { readDocument } from "./document.ts";
import { DEFAULT_MANAGER, requestRspec } from "./request.ts";
import { attribute, childrenNamed, parseXml } from "./xml.ts";

const project = path.resolve(import.meta.dirname, "../..");
const EMULAB = "urn:publicid:IDN+emulab.net+authority+cm";

/** The manifest for a request: each node has a sliver and a login, each interface a MAC address. */
function granted(request: string): string {
  let sliver = 0;
  return request
    .replace('type="request"', 'type="manifest"')
    .replace(/<node client_id="([^"]+)"([^>]*)>/g, (_, name, rest) => {
      const login = `<login authentication="ssh-keys" hostname="${name}.lab.example.org" port="22" username="ann"/>`;
      return `<node client_id="${name}"${rest} sliver_id="urn:s+${++sliver}"><services>${login}</services>`;
    })
    .replace(/<interface /g, () => `<interface mac_address="02000000${String(++sliver).padStart(4, "0")}" `);
}

describe("a request", () => {
  const nodes = ["node1", "node2"].map((name, index) => ({ name, address: `10.1.2.${10 + index}` }));

  it("asks for bare machines on one LAN, with their addresses", () => {
    const text = requestRspec(nodes, "10.1.2.0/23");
    const { nodes: requested, links } = readDocument("r", text);
    assert.deepEqual(
      requested.map(({ name, interfaces }) => ({ name, interfaces })),
      nodes.map(({ name, address }) => ({ name, interfaces: [{ name: `${name}:if0`, address }] })),
    );
    assert.deepEqual(links, [{ file: "r", name: "lan0", interfaces: ["node1:if0", "node2:if0"] }]);
    const { children } = parseXml(text);
    assert.equal(attribute(parseXml(text), "type"), "request");
    for (const node of children.filter(({ name }) => name === "node")) {
      assert.equal(attribute(node, "component_manager_id"), DEFAULT_MANAGER);
      const [ip] = childrenNamed(node, "interface").flatMap((each) => each.children);
      assert.equal(attribute(ip, "netmask"), "255.255.254.0");
      assert.equal(attribute(node, "exclusive"), "true");
      assert.equal(attribute(childrenNamed(node, "sliver_type")[0], "name"), "raw-pc");
    }
    const lan = children.at(-1) ?? assert.fail();
    assert.equal(attribute(childrenNamed(lan, "component_manager")[0], "name"), DEFAULT_MANAGER);
    assert.equal(attribute(childrenNamed(lan, "link_type")[0], "name"), "lan");
  });

  it("names hardware, image and testbed if they are given, and no hardware or image otherwise", () => {
    const options = {
      hardwareType: "d710",
      image: "urn:publicid:IDN+emulab.net+image+emulab-ops:UBUNTU22-64-STD",
      manager: EMULAB,
    };
    const [node] = parseXml(requestRspec(nodes, "10.1.2.0/24", options)).children;
    assert.ok(node);
    const image = childrenNamed(node, "sliver_type").flatMap(({ children }) => children)[0];
    const hardwareType = attribute(childrenNamed(node, "hardware_type")[0], "name");
    const manager = attribute(node, "component_manager_id");
    assert.deepEqual({ hardwareType, image: attribute(image, "name"), manager }, options);
    assert.doesNotMatch(requestRspec(nodes, "10.1.2.0/24"), /hardware_type|disk_image/);
  });

  it("for one node has no link", () => {
    assert.doesNotMatch(requestRspec(nodes.slice(0, 1), "10.1.2.0/24"), /<link|<interface/);
  });

  it("is refused with a list of all invalid options", () => {
    const options = { manager: 'x" evil="', image: "ubuntu", hardwareType: "a b" };
    assert.throws(() => requestRspec(nodes, "10.1.2.0/24", options), /manager: .*\nimage: .*\nhardware: /);
  });

  it("is not accepted as a manifest", () => {
    const text = requestRspec(nodes, "10.1.2.0/24");
    assert.throws(() => readManifests([{ name: "r", text }]), /r: no node has a usable login/);
  });

  it("gives the same names, addresses and network in the manifest, for every number of nodes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 50 }),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 16, max: 24 }),
        (count, third, bits) => {
          const network = `10.77.${third & (0xff << (24 - bits))}.0`;
          const wanted = Array.from({ length: count }, (_, i) => ({
            name: `node${i + 1}`,
            address: `${network.slice(0, -1)}${10 + i}`,
          }));
          const text = granted(requestRspec(wanted, `${network}/${bits}`));
          const { nodes: reserved, network: lan, notes } = readManifests([{ name: "m", text }]);
          assert.deepEqual(
            reserved.map(({ name, address }) => ({ name, address })),
            wanted,
          );
          assert.deepEqual(lan, { kind: "link", name: "lan0" });
          assert.deepEqual(notes, []);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("the scenarios of this project", () => {
  for (const scenario of scenarioNames()) {
    it(`${scenario} has a request with all its nodes`, () => {
      const { nodes, subnet } = lanOf(scenarioSettings(project, scenario, "ann"));
      const { nodes: reserved } = readManifests([{ name: "m", text: granted(requestRspec(nodes, subnet)) }]);
      assert.deepEqual(
        reserved.map(({ name, address }) => [name, address]),
        nodes.map(({ name, address }) => [name, address]),
      );
    });
  }

  it("are listed if there is none of the given name", () => {
    assert.throws(() => scenarioSettings(project, "lokal"), /no Pulumi\.lokal\.yaml; there are .*local/);
  });
});

describe("a scenario's file", () => {
  it("is read as Pulumi passes it to the program", () => {
    const yaml = "config:\n  pulumi:x: [a]\n  swarmbench:nodes: 4\n  swarmbench:testbed: { kind: local }\n";
    assert.deepEqual(asPulumiConfig(settingsIn(yaml)), { nodes: "4", testbed: '{"kind":"local"}' });
  });

  it("may have no configuration", () => {
    assert.deepEqual(settingsIn("encryptionsalt: x\n"), {});
  });
});

describe("the arguments", () => {
  const readArguments = (args: string[]) => argumentsOf(parsed(rspecCommand(), args));

  it("name the scenario, the machines and the file", () => {
    assert.deepEqual(readArguments(["-s", "soak", "--hardware", "d710", "--manager", EMULAB]), {
      stack: "soak",
      output: "soak.request.rspec",
      request: { hardwareType: "d710", image: undefined, manager: EMULAB },
    });
  });

  it("are refused if they are invalid, before anything is written", () => {
    assert.throws(() => readArguments(["-s", "../../etc/passwd"]), /is not a valid scenario name/);
    assert.throws(() => readArguments(["--image", "ubuntu"]), /image: expected a URN/);
    assert.throws(() => readArguments(["--hardwear", "x"]), /--hardwear/);
  });

  it("are all in the help", () => {
    for (const name of ["--stack", "--hardware", "--image", "--manager", "--output"]) {
      assert.ok(rspecCommand().helpInformation().includes(name), name);
    }
  });
});

it("a scenario with errors is refused with a list of all errors", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "rspec-"));
  try {
    writeFileSync(
      path.join(directory, "Pulumi.bad.yaml"),
      "config:\n  swarmbench:nodes: 99\n  swarmbench:nodse: 3\n",
    );
    assert.throws(
      () => scenarioSettings(directory, "bad"),
      (error) => settingsErrors(error).length === 2,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
