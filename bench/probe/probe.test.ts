import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { eventually } from "../../test/support/eventually.ts";
import { ProbeClient } from "./client.ts";
import { readClockStatus } from "./clockStatus.ts";
import { Echo } from "./echo.ts";
import { parseIperf } from "./iperf.ts";
import { decodePacket, encodePacket, PACKET_BYTES } from "./packet.ts";
import { addressesIn, refuseForeign, type StackAddresses } from "./peers.ts";
import { Probe } from "./probe.ts";
import { PATHS } from "./protocol.ts";
import { serveHostProbe, serveOverlayProbe } from "./server.ts";
import { parseTracepath } from "./tracepath.ts";

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-probe-"));
after(() => rmSync(folder, { recursive: true }));
const HERE = "127.0.0.1";
const TOKEN = "0123456789abcdef".repeat(3);
const everyone: StackAddresses = async () => ["10.0.0.2", "10.0.0.3", HERE];

describe("a packet", () => {
  it("is read as it was written", () => {
    const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.constantFrom("question", "answer"), number, number, (kind, session, sequence) => {
        const packet = { kind, session, sequence } as const;
        assert.deepEqual(decodePacket(encodePacket(packet)), packet);
      }),
    );
  });

  it("is ignored with another mark, kind or length", () => {
    const good = encodePacket({ kind: "question", session: 1, sequence: 2 });
    const changed = (offset: number) => Buffer.from(good).fill(0xee, offset, offset + 1);
    for (const bytes of [changed(0), changed(16), good.subarray(1), Buffer.concat([good, good])]) {
      assert.equal(decodePacket(bytes), undefined);
    }
  });
});

describe("the echo", () => {
  const stranger = async () => {
    const socket = dgram.createSocket("udp4").bind(0, HERE);
    await once(socket, "listening");
    return socket;
  };

  it("measures a round trip", async () => {
    const b = await Echo.open(HERE, 0);
    const a = await Echo.open(HERE, 0, b.port);
    const us = await a.ask(HERE);
    assert.ok(us !== undefined && us > 0 && us < 1_000_000);
    a.close();
    b.close();
  });

  it("counts a packet without an answer as lost", async () => {
    const silent = await stranger();
    const a = await Echo.open(HERE, 0, silent.address().port);
    assert.equal(await a.ask(HERE), undefined);
    a.close();
    silent.close();
  });

  it("answers only questions of its protocol, with the length of the question", async () => {
    const echo = await Echo.open(HERE, 0);
    const socket = await stranger();
    const answers: Buffer[] = [];
    socket.on("message", (bytes) => answers.push(bytes));
    const send = (bytes: Buffer) => socket.send(bytes, echo.port, HERE);
    send(Buffer.alloc(PACKET_BYTES));
    send(Buffer.from("hello"));
    send(encodePacket({ kind: "answer", session: 3, sequence: 4 }));
    // Only this one gets an answer. UDP on loopback keeps the order, so no answer to the others can follow.
    send(encodePacket({ kind: "question", session: 3, sequence: 5 }));
    await once(socket, "message");
    assert.deepEqual(answers.map(decodePacket), [{ kind: "answer", session: 3, sequence: 5 }]);
    assert.equal(answers[0]?.length, PACKET_BYTES);
    echo.close();
    socket.close();
  });
});

describe("a probe", () => {
  const answering = { ask: async () => 250 };
  const silent = { ask: async () => undefined };
  const peers = [
    { node: "b", address: "10.0.0.2" },
    { node: "c", address: "10.0.0.3" },
  ];

  it("asks each peer the requested number of times", async () => {
    const pairs = await new Probe(answering).round({ peers, packets: 5, perSecond: 1_000 });
    assert.deepEqual(
      pairs.map(({ to, sent, lost }) => [to, sent, lost]),
      [
        ["b", 5, 0],
        ["c", 5, 0],
      ],
    );
  });

  it("counts lost packets", async () => {
    const [pair] = await new Probe(silent).round({ peers: peers.slice(1), packets: 3, perSecond: 1_000 });
    assert.deepEqual([pair?.sent, pair?.lost], [3, 3]);
  });

  it("returns what it measured once, and ends with the last call", async () => {
    const probe = new Probe(answering);
    await probe.watch({ peers, perSecond: 1_000 });
    const pairs = await probe.take(true);
    assert.ok(pairs.every(({ sent, lost }) => sent <= 1 && lost === 0));
    await assert.rejects(probe.take(true), /the probe has no watch: it restarted/);
  });
});

describe("the probes' services", () => {
  it("answer on the overlay, and forward requests for the nodes' own network", async () => {
    const socket = path.join(folder, "socket");
    const far = { ask: async () => 100 };
    const near = { ask: async () => 300 };
    const host = await serveHostProbe(
      { probe: new Probe(far), place: { bind: HERE, port: 1 }, stack: everyone },
      socket,
    );
    const overlay = await serveOverlay(new Probe(near), socket);
    const client = clientOf(overlay);
    const hello = await client.hello();
    assert.deepEqual(
      [hello.node, hello.bootId, hello.host, hello.clock],
      ["node1", "boot", { address: HERE }, null],
    );
    const peers = [{ node: "node2", address: "10.0.0.2" }];
    for (const network of ["host", "overlay"] as const) {
      const [pair] = await client.round(network, peers, 2, 1_000);
      assert.deepEqual([pair?.to, pair?.sent], ["node2", 2]);
    }
    const before = await client.counters();
    const after = await client.counters();
    assert.ok(after.atMs > before.atMs && after.cpus > 0 && after.busySec >= before.busySec);
    assert.ok((after.ownCpuSec ?? 0) >= (before.ownCpuSec ?? 0) && (after.ownCpuSec ?? 0) > 0);
    host.close();
    assert.equal((await client.counters()).ownCpuSec, null);
    // A failed host probe is reported, and does not affect the overlay.
    assert.match(
      JSON.stringify((await client.hello()).host),
      /does not answer.*docker service ps probes-host/,
    );
    await assert.rejects(client.mtu("host", HERE), /503.*docker service ps probes-host/);
    assert.equal((await client.round("overlay", peers, 1, 1_000)).length, 1);
    overlay.close();
  });

  it("reject an invalid request with every error", async () => {
    const overlay = await serveOverlay(new Probe({ ask: async () => 1 }));
    const client = clientOf(overlay);
    await assert.rejects(
      client.round("overlay", [{ node: "x", address: "; reboot" }], 0, -1),
      /400.*address.*perSecond.*packets/,
    );
    overlay.close();
  });

  it("measure nothing without the token", async () => {
    let asked = 0;
    const overlay = await serveOverlay(
      new Probe({
        ask: async () => {
          asked += 1;
          return 1;
        },
      }),
    );
    for (const token of ["", "f".repeat(48), TOKEN.toUpperCase(), `${TOKEN}0`]) {
      const client = clientOf(overlay, token);
      await assert.rejects(client.hello(), /401/);
      await assert.rejects(client.round("overlay", [{ node: "b", address: "10.0.0.2" }], 1, 100), /401/);
      await assert.rejects(client.serve("overlay", 1), /401/);
    }
    assert.equal(asked, 0);
    overlay.close();
  });

  it("measure only to the stack's nodes", async () => {
    const overlay = await serveOverlay(new Probe({ ask: async () => 1 }));
    const client = clientOf(overlay);
    const peers = [
      { node: "b", address: "10.0.0.2" },
      { node: "gateway", address: "192.0.2.1" },
    ];
    const refused = /403: not nodes of this stack: 192\.0\.2\.1/;
    await Promise.all([
      assert.rejects(client.round("overlay", peers, 1, 100), refused),
      assert.rejects(client.watch("overlay", peers, 1), refused),
      assert.rejects(client.mtu("overlay", "192.0.2.1"), refused),
      assert.rejects(client.throughput("overlay", "192.0.2.1", 1, false), refused),
    ]);
    overlay.close();
  });

  it("measure one round at a time, and stop when the client disconnects", async () => {
    let asked = 0;
    const probe = new Probe({
      ask: async () => {
        asked += 1;
        return 1;
      },
    });
    const overlay = await serveOverlay(probe);
    const peers = [{ node: "b", address: "10.0.0.2" }];
    const order = { network: "overlay", peers, packets: 10_000, perSecond: 100 };
    const asker = http
      .request({
        port: (overlay.address() as AddressInfo).port,
        host: HERE,
        method: "POST",
        path: PATHS.round,
        headers: { authorization: `Bearer ${TOKEN}` },
        agent: false,
      })
      .on("error", () => {});
    asker.end(JSON.stringify(order));
    await eventually(async () => assert.ok(asked > 0));
    const client = clientOf(overlay);
    await assert.rejects(client.round("overlay", peers, 1, 100), /409: the probe is already measuring/);
    asker.destroy();
    await eventually(async () => assert.equal((await client.round("overlay", peers, 1, 100)).length, 1));
    assert.ok(asked < 9_000, `${asked} of 10,000 packets were sent`);
    overlay.close();
  });

  function serveOverlay(probe: Probe, hostSocket = path.join(folder, "none")): Promise<http.Server> {
    const self = { node: "node1", bootId: "boot", hostSocket };
    return serveOverlayProbe({ probe, place: { port: 1 }, stack: everyone }, self, 0, TOKEN);
  }

  function clientOf(server: http.Server, token = TOKEN): ProbeClient {
    return new ProbeClient(`${HERE}:${(server.address() as AddressInfo).port}`, token);
  }
});

describe("the stack's addresses", () => {
  it("are read from a file at each request, and are none without it", async () => {
    const file = path.join(folder, "nodes");
    const addresses = addressesIn(file);
    assert.deepEqual(await addresses(), []);
    writeFileSync(file, "10.0.0.1\n10.0.0.2\n");
    assert.deepEqual(await addresses(), ["10.0.0.1", "10.0.0.2"]);
  });

  it("are looked up again if one is unknown, since a new task becomes known later", async () => {
    const looks = [[], ["10.0.0.9"]];
    await refuseForeign(async () => looks.shift() ?? [], ["10.0.0.9"], { times: 2, everyMs: 1 });
    assert.equal(looks.length, 0);
  });
});

describe("iperf3's output", () => {
  it("has the received throughput", () => {
    const end = { sum_sent: { bits_per_second: 9.9e9 }, sum_received: { bits_per_second: 9.5e9 } };
    assert.equal(parseIperf(JSON.stringify({ start: {}, intervals: [], end })), 9.5e9);
  });

  it("has the reason if there is no result", () => {
    const refused = {
      start: {},
      intervals: [],
      end: {},
      error: "unable to connect to server: Connection refused",
    };
    assert.throws(() => parseIperf(JSON.stringify(refused)), /iperf3: unable to connect to server/);
    assert.throws(() => parseIperf("iperf3: not found"), /unexpected output of iperf3: iperf3: not found/);
  });
});

describe("tracepath's output", () => {
  it("has the path MTU", () => {
    const text =
      " 1?: [LOCALHOST]                      pmtu 1500\n 1:  10.0.1.5   0.123ms reached\n     Resume: pmtu 1450 hops 1 back 1 \n";
    assert.equal(parseTracepath(text), 1_450);
  });

  it("shows that the other node was not reached", () => {
    const text =
      " 1?: [LOCALHOST]   pmtu 1500\n 1:  no reply\n     Too many hops: pmtu 1500\n     Resume: pmtu 1500 \n";
    assert.throws(() => parseTracepath(text), /did not reach the other node: Resume: pmtu 1500/);
  });
});

describe("the clock's status", () => {
  const status = { kind: "ptpd", state: "SLAVE", offset_us: -12.3, path_delay_us: 40.1, at: 1_732_500_000.1 };

  it("is read if there is clock synchronisation", async () => {
    writeFileSync(path.join(folder, "status.json"), JSON.stringify(status));
    assert.deepEqual(await readClockStatus(folder), status);
  });

  it("is null without a file or with a partial one", async () => {
    assert.equal(await readClockStatus(path.join(folder, "nothing")), null);
    writeFileSync(path.join(folder, "status.json"), '{"kind":"pt');
    assert.equal(await readClockStatus(folder), null);
  });
});
