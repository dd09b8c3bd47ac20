import { createHash } from "node:crypto";
import { Address4 } from "ip-address";

/** What a swarm listens on: management, gossip, VXLAN. */
export const SWARM_PORTS: readonly number[] = [2377, 7946, 4789];

/** The local testbed's networks are cut from here: private, and away from Docker's own default pools. */
const LOCAL_RANGE = { first: "10.192.0.0", networks: 32 * 256 };
/** SSH ports of one stack are a block of this many, below Linux' ephemeral range (32768 and up). */
export const SSH_PORTS_PER_STACK = 64;
const SSH_FIRST_PORT = 20_000;
const SSH_BLOCKS = 199;

function hash(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0);
}

/** The /24 network that a stack of this name gets unless its config says otherwise; the same name, the same network. */
export function deriveSubnet(stackPrefix: string): string {
  const first = new Address4(LOCAL_RANGE.first).bigInt();
  const chosen = BigInt(hash(`subnet ${stackPrefix}`) % LOCAL_RANGE.networks);
  return `${Address4.fromBigInt(first + chosen * 256n).address}/24`;
}

/** The first of the loopback ports on which a stack of this name publishes its nodes' SSH. */
export function deriveSshPortBase(stackPrefix: string): number {
  return SSH_FIRST_PORT + (hash(`ssh ${stackPrefix}`) % SSH_BLOCKS) * SSH_PORTS_PER_STACK;
}

/** Address number `offset` of a network: 0 is the network itself, 1 by custom its gateway. */
export function addressIn(subnet: string, offset: number): string {
  return Address4.fromBigInt(new Address4(subnet).startAddress().bigInt() + BigInt(offset)).address;
}

/** Whether `subnet` is a well-formed IPv4 network in CIDR form whose host bits are zero. */
export function isSubnet(subnet: string): boolean {
  if (!/^[\d.]+\/\d+$/.test(subnet) || !Address4.isValid(subnet)) return false;
  const parsed = new Address4(subnet);
  return parsed.startAddress().correctForm() === parsed.addressMinusSuffix;
}

/** Whether `address` is a usable host address in `subnet`: not the network, the gateway (.1) or the broadcast. */
export function isHostIn(subnet: string, address: string): boolean {
  // In its one canonical form, so that two spellings of one address cannot pass for two.
  if (!Address4.isValid(address) || new Address4(address).correctForm() !== address) return false;
  const offset = new Address4(address).bigInt() - new Address4(subnet).startAddress().bigInt();
  const last = new Address4(subnet).endAddress().bigInt() - new Address4(subnet).startAddress().bigInt();
  return offset > 1n && offset < last;
}

/** Whether a network in CIDR form has an address. */
export function isInNetwork(network: string, address: string): boolean {
  return Address4.isValid(address) && new Address4(address).isInSubnet(new Address4(network));
}

/** Whether two networks in CIDR form share an address. */
export function overlaps(a: string, b: string): boolean {
  const [x, y] = [new Address4(a), new Address4(b)];
  return x.isInSubnet(y) || y.isInSubnet(x);
}
