import { isIPv4, isIPv6 } from "node:net";
import { Address4 } from "ip-address";
import { z } from "zod";
import { shown } from "./errors.ts";

/** The values of a manifest, checked and in one form each. They end in command lines of `ssh`: nothing may begin with "-". */

const expected = (what: string) => (issue: { input?: unknown }) =>
  issue.input === undefined ? "is missing" : `${shown(String(issue.input))} is no ${what}`;

export const hostName = z
  .string({ error: expected("host name or address") })
  .refine((name) => isHostName(name), { error: expected("host name or address") });

export const userName = z
  .string({ error: expected("user name") })
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, { error: expected("user name") });

export const port = z
  .string()
  .regex(/^\d{1,5}$/, { error: expected("port") })
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65535, { error: expected("port") });

/** The name of a node, an interface or a link within its file. */
export const clientId = z
  .string({ error: expected("name") })
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}$/, { error: expected("name of letters, digits and . _ : -") });

export const ipv4 = z
  .string({ error: expected("IPv4 address") })
  .refine(isIPv4, { error: expected("IPv4 address") })
  .refine((address) => !/^(0|127|22[4-9]|2[345]\d)\./.test(address), {
    error: expected("address that a machine can have"),
  });

export const ipv6 = z
  .string({ error: expected("IPv6 address") })
  .refine(isIPv6, { error: expected("IPv6 address") });

/** `255.255.255.0`, `24` or `/24`, as a number of bits. */
export const netmask = z.string().transform((text, context) => {
  const bits = maskBits(text);
  if (bits !== undefined) return bits;
  context.addIssue(`${shown(text)} is no netmask`);
  return z.NEVER;
});

/** With or without colons, dashes or dots; as `02:ed:05:24:51:de`. */
export const mac = z.string().transform((text, context) => {
  const digits = text.toLowerCase().replace(/[:.-]/g, "");
  if (/^[0-9a-f]{12}$/.test(digits)) return (digits.match(/../g) ?? []).join(":");
  context.addIssue(`${shown(text)} is no MAC address`);
  return z.NEVER;
});

export const freeText = z.string().max(500, "is longer than 500 characters");

function isHostName(name: string): boolean {
  if (isIPv4(name) || isIPv6(name)) return true;
  const labels = name.replace(/\.$/, "").split(".");
  return name.length <= 253 && labels.every((label) => /^[A-Za-z0-9]([A-Za-z0-9_-]{0,62})$/.test(label));
}

function maskBits(text: string): number | undefined {
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

/** The authority in a URN of GENI: `wall2.ilabt.iminds.be` in `urn:publicid:IDN+wall2.ilabt.iminds.be+authority+cm`. */
export function authorityOf(urn: string | undefined): string | undefined {
  return /^urn:publicid:IDN\+([A-Za-z0-9_.:-]{1,200})\+/i.exec(urn ?? "")?.[1];
}

/** Without the keys whose value is undefined, as `exactOptionalPropertyTypes` asks. */
export function definedOnly<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}
