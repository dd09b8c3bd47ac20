import { createHash } from "node:crypto";
import { Address4 } from "ip-address";

/** UDP port of VXLAN (RFC 7348), on which overlay networks send their packets by default. */
export const VXLAN_PORT = 4789;
/** TCP and UDP port of a swarm's gossip. */
export const GOSSIP_PORT = 7946;
/** Ports on which a swarm listens by default: management, gossip, VXLAN. */
export const SWARM_PORTS: readonly number[] = [2377, GOSSIP_PORT, VXLAN_PORT];

/** Range of the local testbeds' networks: private, and apart from Docker's default address pools. */
const LOCAL_RANGE = { first: "10.192.0.0", networks: 32 * 256 };
/** Size of a stack's block of SSH ports. All blocks are below Linux's ephemeral range, which starts at 32768. */
export const SSH_PORTS_PER_STACK = 64;
const SSH_FIRST_PORT = 20_000;
const SSH_BLOCKS = 199;

function hash(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0);
}

/** The default /24 network of a stack; the same name always gives the same network. */
export function deriveSubnet(stackPrefix: string): string {
  const first = new Address4(LOCAL_RANGE.first).bigInt();
  const chosen = BigInt(hash(`subnet ${stackPrefix}`) % LOCAL_RANGE.networks);
  return `${Address4.fromBigInt(first + chosen * 256n).address}/24`;
}

/** The first of the loopback ports on which a stack publishes its nodes' SSH by default. */
export function deriveSshPortBase(stackPrefix: string): number {
  return SSH_FIRST_PORT + (hash(`ssh ${stackPrefix}`) % SSH_BLOCKS) * SSH_PORTS_PER_STACK;
}

/** Address number `offset` of a network: 0 is the network itself, 1 usually its gateway. */
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
  // Only in canonical form, so that two spellings of an address do not count as two addresses.
  if (!Address4.isValid(address) || new Address4(address).correctForm() !== address) return false;
  const offset = new Address4(address).bigInt() - new Address4(subnet).startAddress().bigInt();
  const last = new Address4(subnet).endAddress().bigInt() - new Address4(subnet).startAddress().bigInt();
  return offset > 1n && offset < last;
}

/** Whether an address is in a network in CIDR form. */
export function isInNetwork(network: string, address: string): boolean {
  return Address4.isValid(address) && new Address4(address).isInSubnet(new Address4(network));
}

/** Whether two networks in CIDR form have an address in common. */
export function overlaps(a: string, b: string): boolean {
  const [x, y] = [new Address4(a), new Address4(b)];
  return x.isInSubnet(y) || y.isInSubnet(x);
}
