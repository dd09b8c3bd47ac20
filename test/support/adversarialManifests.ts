// Generates manifests by kind: no RSpec at all, hostile logins, names, addresses, links and nodes, and hostile choices.
import type { RspecOptions } from "../../testbeds/rspec/manifests.ts";
import { NO_DOCUMENTS, WORDS } from "./hostile.ts";

/** A manifest with the user's choices. */
export interface ManifestCase {
  what: string;
  content: string | Buffer;
  options?: RspecOptions;
}

const CM = "urn:publicid:IDN+lab.example.org+authority+cm";
const LAN = ["a", "b", "c"];

interface NodeParts {
  name: string;
  /** Elements within `<services>`. */
  services?: string;
  /** Elements beside it. */
  more?: string;
  address?: string;
}

function nodeXml({ name, services, more = "", address }: NodeParts): string {
  const ip = address === undefined ? "" : `<ip address="${address}" netmask="255.255.255.0" type="ipv4"/>`;
  return `<node client_id="${name}" component_manager_id="${CM}" sliver_id="s-${name}">
<services>${services ?? loginXml({ hostname: `${name}.lab.example.org` })}</services>
<interface client_id="${name}:if0">${ip}</interface>${more}</node>`;
}

function loginXml(attributes: Record<string, string>): string {
  const all = {
    authentication: "ssh-keys",
    hostname: "x.lab.example.org",
    port: "22",
    username: "ann",
    ...attributes,
  };
  return `<login ${Object.entries(all)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(" ")}/>`;
}

/** Hostile words have entities of their own, such as a line end. */
const escaped = (text: string) => text.replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const linkXml = (name: string, interfaces: readonly string[]) =>
  `<link client_id="${name}">${interfaces.map((each) => `<interface_ref client_id="${each}"/>`).join("")}</link>`;

const rspec = (inside: string, attributes = 'type="manifest"') =>
  `<rspec xmlns="http://www.geni.net/resources/rspec/3" ${attributes}>${inside}</rspec>`;

/** Three machines on one LAN, with one of them replaced. */
function lanWith(
  node: string,
  link = linkXml(
    "lan",
    LAN.map((name) => `${name}:if0`),
  ),
): string {
  return rspec(
    node + nodeXml({ name: "b", address: "10.0.0.2" }) + nodeXml({ name: "c", address: "10.0.0.3" }) + link,
  );
}

const sound = lanWith(nodeXml({ name: "a", address: "10.0.0.1" }));

function noRspecs(): ManifestCase[] {
  const texts: Record<string, string | Buffer> = {
    ...NO_DOCUMENTS,
    JSON: '{"rspec": {"nodes": []}}',
    "another document": "<kml><node/></kml>",
    "two roots": `${sound}${sound}`,
    "a DOCTYPE": `<!DOCTYPE rspec [<!ENTITY a "b">]>${sound}`,
    "an external entity": `<!DOCTYPE rspec [<!ENTITY x SYSTEM "file:///etc/passwd">]>${rspec("&x;")}`,
    "many entities": `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>${rspec("&b;")}`,
    "an entity that is not declared": rspec("&nosuch;"),
    "a deep document": "<rspec>".repeat(5_000),
    "a deep node": rspec(`${"<node>".repeat(50)}${"</node>".repeat(50)}`),
    "two mebibytes": rspec(" ".repeat(2 ** 21)),
    "an attribute twice": rspec('<node client_id="a" client_id="b"/>'),
    "XML 1.1": `<?xml version="1.1"?>${rspec("<node client_id='&#1;'/>")}`,
    "another encoding": `<?xml version="1.0" encoding="ISO-8859-1"?>${sound}`,
    "a request": rspec('<node client_id="a"/><node client_id="b"/>', 'type="request"'),
    "an advertisement": rspec('<node component_id="a"/>', 'type="advertisement"'),
    "no nodes": rspec(""),
    "a byte order mark": `\ufeff${sound}`,
    "comments and instructions": `<!-- a --><?x y?>${sound}<!-- b -->`,
    CDATA: rspec(`<![CDATA[${sound}]]>`),
  };
  const cut = [1, 50, 200, 400, sound.length - 9, sound.length - 1];
  return [
    ...Object.entries(texts).map(([what, content]) => ({ what, content })),
    ...cut.map((length) => ({
      what: `a file cut after ${length} characters`,
      content: sound.slice(0, length),
    })),
  ];
}

function hostileLogins(): ManifestCase[] {
  return ["hostname", "port", "username", "authentication"].flatMap((field) =>
    WORDS.map((word) => ({
      what: `the ${field} ${JSON.stringify(word)}`,
      content: lanWith(nodeXml({ name: "a", address: "10.0.0.1", services: loginXml({ [field]: word }) })),
    })),
  );
}

function hostileProxies(): ManifestCase[] {
  return WORDS.flatMap((word) =>
    [`${word}@gate:22`, `ann@${word}:22`, `ann@gate:${word}`, word].map((proxy) => ({
      what: `the proxy ${JSON.stringify(proxy)}`,
      content: lanWith(
        nodeXml({
          name: "a",
          address: "10.0.0.1",
          services: `${loginXml({ hostname: "a.lab.example.org" })}<proxy proxy="${escaped(proxy)}" for="ann@a.lab.example.org:22"/>`,
        }),
      ),
    })),
  );
}

function hostileNames(): ManifestCase[] {
  return WORDS.map((word) => ({
    what: `the name ${JSON.stringify(word)}`,
    content: lanWith(
      nodeXml({ name: escaped(word), address: "10.0.0.1", services: loginXml({}) }),
      linkXml("lan", [`${escaped(word)}:if0`, "b:if0", "c:if0"]),
    ),
  }));
}

const ADDRESSES = [
  ...WORDS,
  "0.0.0.0",
  "127.0.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "10.0.0.1/24",
  "10.0.0.01",
  "999.1.1.1",
  "1.2.3",
  "::1",
  "fe80::1",
  "10.0.0.2",
];

function hostileAddresses(): ManifestCase[] {
  return ADDRESSES.flatMap((address) => [
    {
      what: `the address ${JSON.stringify(address)}`,
      content: lanWith(nodeXml({ name: "a", address: escaped(address) })),
    },
    {
      what: `the control address ${JSON.stringify(address)}`,
      content: lanWith(
        nodeXml({ name: "a", address: "10.0.0.1", more: `<host ipv4="${escaped(address)}"/>` }),
      ),
      options: { dataNetwork: "control" },
    },
  ]);
}

function oddLinks(): ManifestCase[] {
  const all = LAN.map((name) => `${name}:if0`);
  const links: Record<string, string> = {
    "no link": "",
    "an empty link": linkXml("lan", []),
    "a link of one node": linkXml("lan", ["a:if0"]),
    "a link to nothing": linkXml("lan", ["x:if0", "y:if0"]),
    "a link that names an interface twice": linkXml("lan", ["a:if0", "a:if0", "b:if0"]),
    "a link without a name": linkXml("", all),
    "a link named control": linkXml("control", all),
    "a link with a hostile name": linkXml(escaped('x&#10;"; rm -rf'), all),
    "two links of one name": linkXml("lan", all) + linkXml("lan", all),
    "two equal links": linkXml("lan", all) + linkXml("lan2", all),
    "a thousand links": Array.from({ length: 1_000 }, (_, index) => linkXml(`l${index}`, all)).join(""),
    "interfaces without names": "<link><interface_ref/><interface_ref/></link>",
  };
  return Object.entries(links).flatMap(([what, link]) =>
    [undefined, "control", "lan", "nosuch"].map((dataNetwork) => ({
      what: `${what}, with ${dataNetwork ?? "no"} dataNetwork`,
      content: lanWith(nodeXml({ name: "a", address: "10.0.0.1" }), link),
      options: { dataNetwork },
    })),
  );
}

function oddNodes(): ManifestCase[] {
  const login = loginXml({});
  const types = ["emulab-blockstore", "EMULAB-BLOCKSTORE", "openflow-switch", "delay", "raw-pc", "None", ""];
  const nodes: Record<string, string> = {
    "no services": '<node client_id="a"/>',
    "no name": `<node><services>${login}</services></node>`,
    "empty services": '<node client_id="a"><services/></node>',
    "a thousand logins": nodeXml({ name: "a", services: login.repeat(1_000) }),
    "a login with a password": nodeXml({ name: "a", services: loginXml({ username: "root:hunter2" }) }),
    "a login outside of services": `<node client_id="a">${login}</node>`,
    "a node twice": nodeXml({ name: "a", address: "10.0.0.1" }).repeat(2),
    "a node twice with other logins":
      nodeXml({ name: "a", address: "10.0.0.1" }) +
      nodeXml({ name: "a", services: loginXml({ hostname: "y" }) }),
    "an inherited name": nodeXml({ name: "constructor", address: "10.0.0.1" }),
    "the name __proto__": nodeXml({ name: "__proto__", address: "10.0.0.1" }),
    "interfaces without names": nodeXml({
      name: "a",
      more: '<interface/><interface><ip address="10.0.0.9"/></interface>',
    }),
  };
  return [
    ...Object.entries(nodes).map(([what, node]) => ({ what: `a node: ${what}`, content: lanWith(node) })),
    ...types.map((type) => ({
      what: `a node of type ${JSON.stringify(type)}`,
      content: lanWith(nodeXml({ name: "a", address: "10.0.0.1", more: `<sliver_type name="${type}"/>` })),
    })),
  ];
}

function oddChoices(): ManifestCase[] {
  const choices: RspecOptions[] = [
    ...[...WORDS, "ann", "constructor"].flatMap((word) => [
      { user: word },
      { machines: [word] },
      { dataNetwork: word },
    ]),
    { machines: ["a", "a"] },
    { machines: ["c", "b", "a"] },
  ];
  return choices.map((options) => ({ what: JSON.stringify(options), content: sound, options }));
}

/** The manifests, by kind. */
export const MANIFEST_KINDS: Readonly<Record<string, () => ManifestCase[]>> = {
  "a file that is no manifest": noRspecs,
  "a login": hostileLogins,
  "a proxy": hostileProxies,
  "a node's name": hostileNames,
  "an address": hostileAddresses,
  "a link": oddLinks,
  "a node": oddNodes,
  "a choice": oddChoices,
};
