import { Address4 } from "ip-address";
import { authorityOf } from "./values.ts";

/** imec's Virtual Wall 2, where the most of jFed's machines are. */
export const DEFAULT_MANAGER = "urn:publicid:IDN+wall2.ilabt.iminds.be+authority+cm";

export interface RequestedNode {
  /** Letters, digits, "-" and "_". */
  name: string;
  /** IPv4 address on the network between the nodes. */
  address: string;
}

export interface RequestOptions {
  /** The testbed's type of machine, such as `pcgen03-1p`. @default what the testbed has free */
  hardwareType?: string;
  /** URN of the image on its disk. @default what the testbed takes where none is named */
  image?: string;
  /** URN of the testbed's component manager. @default {@link DEFAULT_MANAGER} */
  manager?: string;
}

export const RSPEC_3 = "http://www.geni.net/resources/rspec/3";
const JFED = "http://jfed.iminds.be/rspec/ext/jfed/1";
const LAN = "lan0";
/** How jFed's editor draws them. */
const GRID = { columns: 8, width: 120, height: 110 };

/**
 * An RSpec that asks for bare machines, alone on their hardware, on one LAN with the addresses that the nodes are to have.
 *
 * @param subnet the LAN's network, CIDR
 * @throws Error with every option that is none
 */
export function requestRspec(nodes: RequestedNode[], subnet: string, options: RequestOptions = {}): string {
  const { manager = DEFAULT_MANAGER, hardwareType, image } = options;
  checkRequest(options);
  // A link of one is none.
  const lan = nodes.length > 1;
  const mask = new Address4(subnet).subnetMask;
  const netmask = Address4.fromBigInt(((1n << 32n) - 1n) ^ ((1n << BigInt(32 - mask)) - 1n)).address;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<rspec xmlns="${RSPEC_3}" xmlns:jfed="${JFED}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`,
    `       xsi:schemaLocation="${RSPEC_3} ${RSPEC_3}/request.xsd" type="request" generated_by="swarmbench">`,
    ...nodes.flatMap(({ name, address }, index) => [
      `  <node${xml({ client_id: name, exclusive: "true", component_manager_id: manager })}>`,
      ...(image === undefined
        ? ['    <sliver_type name="raw-pc"/>']
        : [
            '    <sliver_type name="raw-pc">',
            `      <disk_image${xml({ name: image })}/>`,
            "    </sliver_type>",
          ]),
      ...(hardwareType === undefined ? [] : [`    <hardware_type${xml({ name: hardwareType })}/>`]),
      ...(lan
        ? [
            `    <interface${xml({ client_id: `${name}:if0` })}>`,
            `      <ip${xml({ address, netmask, type: "ipv4" })}/>`,
            "    </interface>",
          ]
        : []),
      `    <jfed:location${xml(position(index))}/>`,
      "  </node>",
    ]),
    ...(lan
      ? [
          `  <link${xml({ client_id: LAN })}>`,
          `    <component_manager${xml({ name: manager })}/>`,
          ...nodes.map(({ name }) => `    <interface_ref${xml({ client_id: `${name}:if0` })}/>`),
          '    <link_type name="lan"/>',
          "  </link>",
        ]
      : []),
    "</rspec>",
  ];
  return `${lines.join("\n")}\n`;
}

/** @throws Error with every option that is none */
export function checkRequest({ manager = DEFAULT_MANAGER, hardwareType, image }: RequestOptions): void {
  const mistakes: string[] = [];
  if (authorityOf(manager) === undefined || !/\+authority\+[A-Za-z]+$/.test(manager)) {
    mistakes.push(`manager: expected a URN such as ${DEFAULT_MANAGER}, got "${manager}"`);
  }
  if (image !== undefined && !/^urn:publicid:IDN\+[^+\s]+\+image\+\S+$/.test(image)) {
    mistakes.push(`image: expected a URN such as urn:publicid:IDN+…+image+…, got "${image}"`);
  }
  if (hardwareType !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/.test(hardwareType)) {
    mistakes.push(`hardware: expected a type such as pcgen03-1p, got "${hardwareType}"`);
  }
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
}

function position(index: number): { x: string; y: string } {
  const { columns, width, height } = GRID;
  return {
    x: `${(1 + (index % columns)) * width}.0`,
    y: `${(1 + Math.floor(index / columns)) * height}.0`,
  };
}

function xml(attributes: Record<string, string>): string {
  const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${value.replace(/[&<>"]/g, (c) => escapes[c] ?? c)}"`)
    .join("");
}
