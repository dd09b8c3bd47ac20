import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  addressIn,
  deriveSshPortBase,
  deriveSubnet,
  isHostIn,
  isSubnet,
  overlaps,
  SSH_PORTS_PER_STACK,
} from "./addresses.ts";

/** A second, simple parser of addresses to compare the first one with. */
const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (value: number) => [24, 16, 8, 0].map((bits) => (value >>> bits) & 255).join(".");
function range(cidr: string): { first: number; last: number } {
  const [address = "", bits] = cidr.split("/");
  const first = toNumber(address);
  return { first, last: first + 2 ** (32 - Number(bits)) - 1 };
}

const networks = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 8, max: 30 }))
  .map(([value, bits]) => `${toText(Math.floor(value / 2 ** (32 - bits)) * 2 ** (32 - bits))}/${bits}`);

describe("a derived network", () => {
  it("is always the same for the same stack", () => {
    assert.equal(deriveSubnet("swarmbench-ann-local"), "10.216.185.0/24");
  });

  it("lies in 10.192.0.0/11, away from Docker's own pools", () => {
    fc.assert(
      fc.property(fc.string(), (prefix) => {
        const subnet = deriveSubnet(prefix);
        assert.ok(isSubnet(subnet) && subnet.endsWith("/24"), subnet);
        const { first, last } = range(subnet);
        const all = range("10.192.0.0/11");
        assert.ok(first >= all.first && last <= all.last, subnet);
      }),
    );
  });

  it("is rarely the same for two stacks", () => {
    const subnets = new Set(Array.from({ length: 50 }, (_, index) => deriveSubnet(`stack-${index}`)));
    assert.ok(subnets.size >= 48, `${subnets.size} networks for 50 stacks`);
  });
});

describe("a derived block of SSH ports", () => {
  it("is always the same for the same stack", () => {
    assert.equal(deriveSshPortBase("swarmbench-ann-local"), 22048);
  });

  it("is aligned, and ends below Linux's ephemeral ports", () => {
    fc.assert(
      fc.property(fc.string(), (prefix) => {
        const base = deriveSshPortBase(prefix);
        assert.equal((base - 20_000) % SSH_PORTS_PER_STACK, 0);
        assert.ok(base >= 20_000 && base + SSH_PORTS_PER_STACK <= 32_768, String(base));
      }),
    );
  });
});

describe("address number n of a network", () => {
  it("is the network itself for 0 and its gateway for 1", () => {
    assert.deepEqual([addressIn("10.1.2.0/24", 0), addressIn("10.1.2.0/24", 1)], ["10.1.2.0", "10.1.2.1"]);
  });

  it("carries into the next byte in networks larger than /24", () => {
    assert.equal(addressIn("10.1.2.0/23", 256), "10.1.3.0");
  });

  it("is n above the network's address", () => {
    fc.assert(
      fc.property(networks, fc.nat(250), (network, offset) => {
        const { first } = range(network);
        fc.pre(first + offset < 2 ** 32);
        assert.equal(addressIn(network, offset), toText(first + offset));
      }),
    );
  });
});

describe("isSubnet", () => {
  it("accepts every network in CIDR form", () => {
    fc.assert(fc.property(networks, (network) => assert.ok(isSubnet(network), network)));
  });

  for (const text of [
    "",
    "10.1.2.0",
    "10.1.2.3/24",
    "10.1.2.0/33",
    "10.1.2.0/",
    "10.1.2/24",
    "256.1.2.0/24",
    "10.1.2.0/24 ",
    " 10.1.2.0/24",
    "10.1.2.0/-1",
    "fd00::/64",
    "ten/24",
  ]) {
    it(`rejects ${JSON.stringify(text)}`, () => assert.equal(isSubnet(text), false));
  }
});

describe("isHostIn", () => {
  it("accepts only addresses between the gateway and the broadcast address", () => {
    fc.assert(
      fc.property(networks, fc.integer({ min: -3, max: 300 }), (network, offset) => {
        const { first, last } = range(network);
        const value = first + offset;
        fc.pre(value >= 0 && value < 2 ** 32);
        assert.equal(isHostIn(network, toText(value)), value >= first + 2 && value < last);
      }),
    );
  });

  it("rejects the broadcast address", () => {
    assert.deepEqual(
      [isHostIn("10.1.2.0/24", "10.1.2.254"), isHostIn("10.1.2.0/24", "10.1.2.255")],
      [true, false],
    );
  });

  for (const text of ["", "10.1.2", "10.1.2.300", "10.1.2.9/24", "node1", "fd00::9"]) {
    it(`rejects ${JSON.stringify(text)}`, () => assert.equal(isHostIn("10.1.2.0/24", text), false));
  }
});

describe("overlaps", () => {
  it("is true exactly if two networks share an address", () => {
    fc.assert(
      fc.property(networks, networks, (a, b) => {
        const [x, y] = [range(a), range(b)];
        assert.equal(overlaps(a, b), x.first <= y.last && y.first <= x.last);
      }),
    );
  });

  it("is true for a network inside another, in either order", () => {
    assert.ok(overlaps("10.0.0.0/8", "10.9.8.0/24") && overlaps("10.9.8.0/24", "10.0.0.0/8"));
  });

  it("is false for adjacent networks", () => {
    assert.equal(overlaps("10.9.8.0/24", "10.9.9.0/24"), false);
  });
});
