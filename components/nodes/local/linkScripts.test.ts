import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { LinkSettings } from "../../../config/nodes.ts";
import { FakeMachine, parses } from "../../../test/support/fakeDocker.ts";
import { burstBytes, shapeLinkScript } from "./linkScripts.ts";

/**
 * A fake `tc` for one interface, with the messages of iproute2 6.1. Files `root` and `child` have kind, handle and parameters.
 * Like the kernel it refuses a handle of another kind, and the kinds in the file `lacks`.
 */
const TC = `#!/bin/sh
cd "$FAKE" || exit 99
echo "tc $*" >> calls
refuse() { echo "Error: $*" >&2; exit 2; }
json() { [ ! -f "$1" ] || awk -v level="$2" '{
  printf "%s{\\"kind\\":\\"%s\\",\\"handle\\":\\"%s\\",%s,\\"options\\":{", level ~ /root/ ? "" : ",", $1, $2, level
  if ($1 == "tbf") printf "\\"rate\\":%d,\\"burst\\":%d,\\"lat\\":50000", $4 / 8, $6
  if ($1 == "netem") printf "\\"limit\\":%d,\\"delay\\":{\\"delay\\":%g,\\"jitter\\":0,\\"correlation\\":0}," \\
    "\\"loss-random\\":{\\"loss\\":%g,\\"correlation\\":0},\\"ecn\\":false,\\"gap\\":0", $4, $6 / 1000000, $8 / 100
  printf "}}" }' "$1"; }
case "$*" in
  "qdisc replace dev eth7 root handle "*) level=root; shift 6; rm -f wanted ;;
  "qdisc replace dev eth7 parent 5b03:1 handle "*) level=child; shift 7 ;;
  "qdisc del dev eth7 root") [ -f root ] || refuse "Cannot delete qdisc with handle of zero."; rm -f root child; exit ;;
  "qdisc show dev eth7") if [ -f root ]; then awk '{ print "qdisc", $1, $2, "root refcnt 2" }' root
    else echo "qdisc noqueue 0: root refcnt 2"; fi; exit ;;
  "-j qdisc show dev eth7") printf '['; json root '"root":true'; json child '"parent":"5b03:1"'; echo ']'; exit ;;
  *) refuse "unexpected command: $*" ;;
esac
handle=$1 kind=$2
shift 2
[ "$kind" != "$(cat lacks 2>/dev/null)" ] || refuse "Specified qdisc kind is unknown."
[ "$kind" != "$(cat ignores 2>/dev/null)" ] || exit 0
[ "$level" = root ] || [ -f root ] || refuse "Parent Qdisc does not exists."
old=$(cut -d ' ' -f 1,2 "$level" 2>/dev/null)
case "$old" in "$kind $handle") ;; *" $handle") refuse "Invalid qdisc name: must match existing qdisc." ;; *) [ $level = child ] || rm -f child ;; esac
echo "$kind $handle $*" > "$level"
`;
const IP = `#!/bin/sh
[ "$*" = "-o -4 address show to 10.9.8.11/32" ] || exit 0
echo '7: eth7    inet 10.9.8.11/24 brd 10.9.8.255 scope global eth7\\       valid_lft forever preferred_lft forever'
`;

const machines: FakeMachine[] = [];
function machine(state: Record<string, string> = {}): FakeMachine {
  const made = new FakeMachine(state).program("tc", TC).program("ip", IP);
  machines.push(made);
  return made;
}
after(() => {
  for (const made of machines) made.dispose();
});

const script = (link: LinkSettings = {}, address = "10.9.8.11") =>
  shapeLinkScript({ node: "node2", address, machine: "engine machine", ...link });
const shape = (m: FakeMachine, link: LinkSettings = {}) => m.script(script(link));
const done = { code: 0, stdout: "engine machine\n", stderr: "" };
const NETEM = "netem limit 20000 delay 10000us loss 0.5%";
const TBF = "tbf rate 100000000bit burst 62500 latency 50ms";
const shapes: [what: string, link: LinkSettings, calls: string[], root: string, child?: string][] = [
  [
    "a rate",
    { rate: 1e8 },
    [`root handle 5b02: ${TBF}`],
    "tbf 5b02: rate 100000000bit burst 62500 latency 50ms",
  ],
  [
    "a delay",
    { delayMs: 10 },
    ["root handle 5b01: netem limit 20000 delay 10000us loss 0%"],
    "netem 5b01: limit 20000 delay 10000us loss 0%",
  ],
  [
    "a loss",
    { loss: 0.005 },
    ["root handle 5b01: netem limit 20000 delay 0us loss 0.5%"],
    "netem 5b01: limit 20000 delay 0us loss 0.5%",
  ],
  [
    "delay, loss and rate",
    { delayMs: 10, loss: 0.005, rate: 1e8 },
    [`root handle 5b03: ${NETEM}`, `parent 5b03:1 handle 5b04: ${TBF}`],
    "netem 5b03: limit 20000 delay 10000us loss 0.5%",
    "tbf 5b04: rate 100000000bit burst 62500 latency 50ms",
  ],
];
const replaced = (m: FakeMachine) =>
  m.calls.filter((call) => call.includes(" replace ")).map((call) => call.replace(/.* dev eth7 /, ""));

describe("the script that shapes a link", () => {
  it("is valid sh", async () => {
    assert.equal(await parses(script({ delayMs: 10, rate: 1e6, loss: 0.1 })), "");
  });

  for (const [what, link, calls, root, child] of shapes) {
    it(`adds ${what} to the interface with the node's address`, async () => {
      const m = machine();
      assert.deepEqual(await shape(m, link), done);
      assert.deepEqual(replaced(m), calls);
      assert.deepEqual([m.read("root"), m.read("child")], [root, child]);
    });

    it(`adds ${what} twice with the same result`, async () => {
      const m = machine();
      await shape(m, link);
      assert.deepEqual(await shape(m, link), done);
      assert.deepEqual([m.read("root"), m.read("child")], [root, child]);
    });

    for (const [before, link2] of shapes) {
      it(`changes ${before} to ${what}`, async () => {
        const m = machine();
        await shape(m, link2);
        assert.deepEqual(await shape(m, link), done);
        assert.deepEqual([m.read("root"), m.read("child")], [root, child]);
      });
    }

    it(`removes ${what} if nothing is configured`, async () => {
      const m = machine();
      await shape(m, link);
      assert.deepEqual(await shape(m), done);
      assert.deepEqual([m.read("root"), m.read("child")], [undefined, undefined]);
    });

    it(`stores the script for ${what}, for a restart of the node`, async () => {
      const m = machine();
      await shape(m, link);
      m.remove("root"); // a restart recreates the interface
      if (child) m.remove("child");
      assert.deepEqual(await m.script(m.read("link") ?? ""), { ...done, stdout: "" });
      assert.deepEqual([m.read("root"), m.read("child")], [root, child]);
    });
  }

  it("does not change a link without a configured shape, nor a foreign qdisc", async () => {
    for (const state of [
      {} as Record<string, string>,
      { root: "tbf 8001: rate 5bit burst 9 latency 50ms" },
    ]) {
      const m = machine(state);
      assert.deepEqual(await shape(m), done);
      assert.deepEqual(
        m.calls.filter((call) => !call.includes(" show ")),
        [],
      );
    }
  });

  it("changes a rate in place, with the existing handle", async () => {
    const m = machine();
    await shape(m, { rate: 1e8 });
    await shape(m, { rate: 2e8 });
    assert.equal(m.read("root"), "tbf 5b02: rate 200000000bit burst 125000 latency 50ms");
    assert.ok(!m.calls.some((call) => call.includes(" del ")));
  });
});

describe("a link that cannot be shaped", () => {
  it("because netem is missing keeps its shape, and the error says what to do", async () => {
    const m = machine({ lacks: "netem" });
    await shape(m, { rate: 1e8 });
    for (const link of [{ delayMs: 10 }, { loss: 0.1 }, { delayMs: 10, rate: 1e6 }]) {
      const { code, stdout, stderr } = await shape(m, link);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.equal(
        stderr,
        "the kernel cannot shape the link of node2 (eth7): it has no netem, which testbed.network.delay and .loss need; " +
          ".rate does not need it. If the machine that runs Docker has the module: modprobe sch_netem\n",
      );
      assert.equal(m.read("root"), "tbf 5b02: rate 100000000bit burst 62500 latency 50ms");
    }
  });

  it("for another reason causes an error with tc's message", async () => {
    const { code, stderr } = await shape(machine({ lacks: "tbf" }), { rate: 1e8 });
    assert.equal(code, 1);
    assert.match(stderr, /link of node2 \(eth7\): Error: Specified qdisc kind is unknown\.$/m);
  });

  it("is restored if only the first of two steps succeeds", async () => {
    const m = machine();
    await shape(m, { delayMs: 10 });
    m.write("lacks", "tbf");
    assert.equal((await shape(m, { delayMs: 20, rate: 1e8 })).code, 1);
    assert.deepEqual(
      [m.read("root"), m.read("child")],
      ["netem 5b01: limit 20000 delay 10000us loss 0%", undefined],
    );
  });

  it("causes an error if tc succeeds but the kernel does not apply the shape", async () => {
    for (const [ignores, link, name] of [
      ["tbf", { rate: 1e8 }, "rate"],
      ["netem", { delayMs: 10 }, "delay"],
      ["netem", { loss: 0.1 }, "loss"],
    ] as const) {
      const { code, stderr } = await shape(machine({ ignores }), link);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`it reports ${name} 0 instead of [\\d.e+]+: `));
    }
  });

  it("causes an error if the kernel reports another value", async () => {
    const m = machine({ root: "tbf 5b02: rate 5000000bit burst 62500 latency 50ms", ignores: "tbf" });
    assert.match((await shape(m, { rate: 1e8 })).stderr, /it reports rate 625000 instead of 12500000: /);
  });

  it("causes an error if no interface has the address", async () => {
    const { code, stderr } = await machine().script(script({ rate: 1e8 }, "10.9.8.99"));
    assert.equal(code, 1);
    assert.match(stderr, /^node2 has no interface with the address 10\.9\.8\.99$/m);
  });
});

describe("a burst", () => {
  it("is 5 ms of the rate, and never less than two frames", () => {
    assert.deepEqual([1e6, 1e7, 1e8, 1e10].map(burstBytes), [3200, 6250, 62_500, 6_250_000]);
  });
});
