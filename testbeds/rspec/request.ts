import { Address4 } from "ip-address";
import { SwarmbenchError } from "../../contract/errors.ts";
import { authorityOf } from "./document.ts";

/** Component manager of imec's Virtual Wall 2, which has most of jFed's machines. */
export const DEFAULT_MANAGER = "urn:publicid:IDN+wall2.ilabt.iminds.be+authority+cm";

/** A node of a request. */
export interface RequestedNode {
  /** Letters, digits, "-" and "_". */
  name: string;
  /** IPv4 address on the network between the nodes. */
  address: string;
}

/** Which machines a request asks for. */
export interface RequestOptions {
  /** The testbed's type of machine, such as `pcgen03-1p`. @default any type that is free */
  hardwareType?: string;
  /** URN of the disk image. @default the testbed's standard image */
  image?: string;
  /** URN of the testbed's component manager. @default {@link DEFAULT_MANAGER} */
  manager?: string;
}

const RSPEC_3 = "http://www.geni.net/resources/rspec/3";
const JFED = "http://jfed.iminds.be/rspec/ext/jfed/1";
/** The layout of the nodes in jFed's editor. */
const GRID = { columns: 8, width: 120, height: 110 };

/**
 * Writes an RSpec that asks for bare, exclusive machines on one LAN, with the addresses of the nodes.
 *
 * @param subnet the LAN's network in CIDR notation
 * @throws SwarmbenchError `usage` with every invalid option
 */
export function requestRspec(nodes: RequestedNode[], subnet: string, options: RequestOptions = {}): string {
  const { manager = DEFAULT_MANAGER, hardwareType, image } = options;
  checkRequest(options);
  const netmask = netmaskOf(subnet);
  const hasLan = nodes.length > 1; // a link with one node is invalid
  const machines = nodes.map(({ name, address }, index) =>
    element("node", { client_id: name, exclusive: "true", component_manager_id: manager }, [
      element("sliver_type", { name: "raw-pc" }, image ? [element("disk_image", { name: image })] : []),
      hardwareType ? element("hardware_type", { name: hardwareType }) : "",
      hasLan
        ? element("interface", { client_id: `${name}:if0` }, [
            element("ip", { address, netmask, type: "ipv4" }),
          ])
        : "",
      element("jfed:location", positionOf(index)),
    ]),
  );
  const lan = element("link", { client_id: "lan0" }, [
    element("component_manager", { name: manager }),
    ...nodes.map(({ name }) => element("interface_ref", { client_id: `${name}:if0` })),
    element("link_type", { name: "lan" }),
  ]);
  const root = {
    xmlns: RSPEC_3,
    "xmlns:jfed": JFED,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": `${RSPEC_3} ${RSPEC_3}/request.xsd`,
    type: "request",
    generated_by: "swarmbench",
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("rspec", root, [...machines, hasLan ? lan : ""])}`;
}

/** Checks the options of a request. @throws SwarmbenchError `usage` with every invalid option */
export function checkRequest({ manager = DEFAULT_MANAGER, hardwareType, image }: RequestOptions): void {
  const errors: string[] = [];
  if (authorityOf(manager) === undefined || !/\+authority\+[A-Za-z]+$/.test(manager)) {
    errors.push(`manager: expected a URN such as ${DEFAULT_MANAGER}, got "${manager}"`);
  }
  if (image !== undefined && !/^urn:publicid:IDN\+[^+\s]+\+image\+\S+$/.test(image)) {
    errors.push(`image: expected a URN such as urn:publicid:IDN+…+image+…, got "${image}"`);
  }
  if (hardwareType !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/.test(hardwareType)) {
    errors.push(`hardware: expected a type such as pcgen03-1p, got "${hardwareType}"`);
  }
  if (errors.length > 0) throw new SwarmbenchError("usage", errors.join("\n"));
}

function netmaskOf(subnet: string): string {
  const { subnetMask } = new Address4(subnet);
  return Address4.fromBigInt(((1n << 32n) - 1n) ^ ((1n << BigInt(32 - subnetMask)) - 1n)).address;
}

function positionOf(index: number): { x: string; y: string } {
  const { columns, width, height } = GRID;
  return {
    x: `${(1 + (index % columns)) * width}.0`,
    y: `${(1 + Math.floor(index / columns)) * height}.0`,
  };
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** An element on its own lines, with its children indented. */
function element(name: string, attributes: Record<string, string>, children: string[] = []): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${value.replace(/[&<>"]/g, (c) => ESCAPES[c] ?? c)}"`)
    .join("");
  const inside = children.join("").replace(/^(?=.)/gm, "  ");
  return inside ? `<${name}${written}>\n${inside}</${name}>\n` : `<${name}${written}/>\n`;
}
