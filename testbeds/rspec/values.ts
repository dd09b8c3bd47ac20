import { isIPv4, isIPv6 } from "node:net";
import { Address4 } from "ip-address";
import { shown } from "./errors.ts";

/**
 * The kinds of values in a manifest, by what a message calls them. Some end up in command lines of `ssh`, so none may begin
 * with "-".
 */
const KINDS = {
  "host name or address": isHostName,
  "user name": (text: string) => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(text),
  port: (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535,
  "name of letters, digits and . _ : -": (text: string) => /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}$/.test(text),
  "IPv4 address": isIPv4,
  "address that a machine can have": (text: string) => !/^(0|127|22[4-9]|2[345]\d)\./.test(text),
  netmask: (text: string) => maskBits(text) !== undefined,
};
export type Kind = keyof typeof KINDS;

/** What is wrong with a value that is to be of these kinds: the first of them that it is not; undefined if it is of all. */
export function valueError(value: string | undefined, ...kinds: Kind[]): string | undefined {
  if (value === undefined) return "is missing";
  const wrong = kinds.find((kind) => !KINDS[kind](value));
  return wrong && `${shown(value)} is no ${wrong}`;
}

/** The name of a node, an interface or a link within its file (`client_id`). */
export const CLIENT_ID: Kind = "name of letters, digits and . _ : -";
export const MACHINE_ADDRESS: Kind[] = ["IPv4 address", "address that a machine can have"];

function isHostName(name: string): boolean {
  if (isIPv4(name) || isIPv6(name)) return true;
  const labels = name.replace(/\.$/, "").split(".");
  return name.length <= 253 && labels.every((label) => /^[A-Za-z0-9]([A-Za-z0-9_-]{0,62})$/.test(label));
}

/** The number of bits in `255.255.255.0`, `24` or `/24`; undefined for what is no netmask. */
export function maskBits(text: string): number | undefined {
  const [, bits] = /^\/?(\d{1,2})$/.exec(text) ?? [];
  if (bits !== undefined) return Number(bits) <= 32 ? Number(bits) : undefined;
  if (!isIPv4(text)) return undefined;
  const binary = text
    .split(".")
    .map((octet) => Number(octet).toString(2).padStart(8, "0"))
    .join("");
  return /^1*0*$/.test(binary) ? `${binary}0`.indexOf("0") : undefined;
}

/** The network that an address is in, such as 10.1.2.0/24. */
export function networkOf(address: string, bits: number): string {
  return `${new Address4(`${address}/${bits}`).startAddress().correctForm()}/${bits}`;
}

/** The authority in a GENI URN: `wall2.ilabt.iminds.be` in `urn:publicid:IDN+wall2.ilabt.iminds.be+authority+cm`. */
export function authorityOf(urn: string | undefined): string | undefined {
  return /^urn:publicid:IDN\+([A-Za-z0-9_.:-]{1,200})\+/i.exec(urn ?? "")?.[1];
}
