import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ROLES, type Role } from "../nodes.ts";
import { type KafkaNode, placementError, planCluster } from "./topology.ts";

const nodesOf = (roles: readonly Role[]): KafkaNode[] =>
  roles.map((role, index) => ({ name: `node${index + 1}`, address: `10.0.0.${index + 10}`, role }));
const BROKERS_ONLY = (count: number) => nodesOf(Array<Role>(count).fill("broker"));

/** Each member as `name#id@node:roles`. */
const summary = (brokers: number, nodes: KafkaNode[]) =>
  planCluster({ brokers, nodes }).members.map(
    ({ name, id, node, roles }) => `${name}#${id}@${node.name}:${roles.join("+")}`,
  );
const voters = (brokers: number, nodes: KafkaNode[]) =>
  planCluster({ brokers, nodes }).voters.map(({ name }) => name);

/** A testbed and a number of brokers that fit on it. */
const fitting = fc
  .array(fc.constantFrom(...ROLES), { minLength: 1, maxLength: 12 })
  .map(nodesOf)
  .chain((nodes) => {
    const places = nodes.filter(({ role }) => role === "broker").length || nodes.length;
    return fc.tuple(fc.constant(nodes), fc.integer({ min: 1, max: places }));
  });

describe("the plan of a Kafka cluster", () => {
  it("of one broker is one combined server on the first node of role broker", () =>
    assert.deepEqual(summary(1, nodesOf(["monitor", "broker", "agent"])), [
      "broker-1#1@node2:broker+controller",
    ]));

  it("of two brokers has one voter, because two voters could not lose either", () => {
    assert.deepEqual(summary(2, BROKERS_ONLY(2)), [
      "broker-1#1@node1:broker+controller",
      "broker-2#2@node2:broker",
    ]);
    assert.deepEqual(voters(2, BROKERS_ONLY(2)), ["broker-1"]);
  });

  it("of three brokers has three combined servers", () => {
    assert.deepEqual(summary(3, BROKERS_ONLY(3)), [
      "broker-1#1@node1:broker+controller",
      "broker-2#2@node2:broker+controller",
      "broker-3#3@node3:broker+controller",
    ]);
    assert.deepEqual(voters(3, BROKERS_ONLY(3)), ["broker-1", "broker-2", "broker-3"]);
  });

  it("of more brokers has three dedicated controllers, if possible on nodes without the role broker", () => {
    const roles: Role[] = ["monitor", "broker", "agent", "broker", "agent", "broker", "agent", "broker"];
    assert.deepEqual(summary(4, nodesOf(roles)), [
      "controller-1#1001@node1:controller",
      "controller-2#1002@node3:controller",
      "controller-3#1003@node5:controller",
      "broker-1#1@node2:broker",
      "broker-2#2@node4:broker",
      "broker-3#3@node6:broker",
      "broker-4#4@node8:broker",
    ]);
    assert.deepEqual(voters(4, nodesOf(roles)), ["controller-1", "controller-2", "controller-3"]);
  });

  it("uses agents before monitors if no node has the role broker", () =>
    assert.deepEqual(summary(2, nodesOf(["monitor", "agent", "agent"])), [
      "broker-1#1@node2:broker+controller",
      "broker-2#2@node3:broker",
    ]));

  it("changes its shape exactly when the voters change", () => {
    const nodes = BROKERS_ONLY(8);
    const counts = [1, 2, 3, 4, 5, 6, 7, 8];
    for (const a of counts) {
      for (const b of counts) {
        const sameShape =
          planCluster({ brokers: a, nodes }).shape === planCluster({ brokers: b, nodes }).shape;
        assert.equal(sameShape, voters(a, nodes).join() === voters(b, nodes).join(), `${a} and ${b}`);
      }
    }
  });

  it("has the requested number of brokers, each on its own suitable node", () =>
    fc.assert(
      fc.property(fitting, ([nodes, brokers]) => {
        const plan = planCluster({ brokers, nodes });
        const places = plan.members.filter(({ roles }) => roles.includes("broker")).map(({ node }) => node);
        assert.equal(places.length, brokers);
        assert.equal(new Set(places.map(({ name }) => name)).size, brokers);
        const hasRole = nodes.some(({ role }) => role === "broker");
        assert.ok(!hasRole || places.every(({ role }) => role === "broker"));
      }),
    ));

  it("never has two voters on one node, or two members with the same id or name", () =>
    fc.assert(
      fc.property(fitting, ([nodes, brokers]) => {
        const plan = planCluster({ brokers, nodes });
        assert.equal(new Set(plan.voters.map(({ node }) => node.name)).size, plan.voters.length);
        assert.equal(new Set(plan.members.map(({ id }) => id)).size, plan.members.length);
        assert.equal(new Set(plan.members.map(({ name }) => name)).size, plan.members.length);
      }),
    ));

  it("moves no member when nodes are added, if three nodes do not have the role broker", () =>
    fc.assert(
      fc.property(fitting, fc.array(fc.constantFrom(...ROLES)), ([nodes, brokers], more) => {
        fc.pre(nodes.some(({ role }) => role === "broker"));
        fc.pre(nodes.filter(({ role }) => role !== "broker").length >= 3);
        const all = nodesOf([...nodes.map(({ role }) => role), ...more]);
        assert.deepEqual(planCluster({ brokers, nodes: all }), planCluster({ brokers, nodes }));
      }),
    ));
});

describe("brokers that do not fit", () => {
  it("are an error with the available nodes and the settings that fix it", () =>
    assert.equal(
      placementError({ brokers: 3, nodes: nodesOf(["monitor", "broker", "agent"]) }),
      "kafka.brokers: 3 brokers need 3 nodes of role broker, but there is 1 (node2); lower kafka.brokers to 1, " +
        "or add nodes (swarmbench:nodes, or role: broker in swarmbench:testbed.perNode)",
    ));

  it("are also an error if no node has the role broker", () =>
    assert.equal(
      placementError({ brokers: 3, nodes: nodesOf(["monitor", "agent"]) }),
      "kafka.brokers: 3 brokers need 3 nodes, but there are 2 (node2, node1); lower kafka.brokers to 2, " +
        "or add nodes (swarmbench:nodes)",
    ));

  it("cannot be planned", () =>
    assert.throws(
      () => planCluster({ brokers: 2, nodes: BROKERS_ONLY(1) }),
      /kafka.brokers: 2 brokers need 2/,
    ));

  it("are no error if they fit", () =>
    fc.assert(fc.property(fitting, ([nodes, brokers]) => placementError({ brokers, nodes }) === undefined)));
});
