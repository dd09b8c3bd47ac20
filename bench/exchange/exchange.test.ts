import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { eventually } from "../../test/support/eventually.ts";
import { parseClockFault, withFault } from "../agent/clockFault.ts";
import { randomOf } from "../load/random.ts";
import { openWallClock } from "../wallClock.ts";
import { Exchange } from "./exchange.ts";
import { type OffsetCell, PeerClock } from "./findings.ts";
import { offsetAt, offsetLine, offsetWithin } from "./offsetBounds.ts";
import { answer, answers, newChallenge, question, read } from "./packet.ts";

const SEC = 1e6;
const TOKEN = "0123456789abcdef".repeat(3);
const OTHER = "fedcba9876543210".repeat(3);

interface Probes {
  offsetUs?: number;
  driftPpm?: number;
  /** A step of the server's clock in the middle, which it knows of. */
  stepUs?: number;
  /** A step in the middle that is not reported. */
  hiddenStepUs?: number;
  seconds?: number;
  perSec?: number;
  delayUs?: number;
  seed?: number;
}

/** Bounds from probes between two clocks, each with its own random delay in both directions. */
function probes(options: Probes): OffsetCell[] {
  const { offsetUs = 0, driftPpm = 0, stepUs = 0, hiddenStepUs = 0 } = options;
  const { seconds = 20, perSec = 10, delayUs = 100, seed = 1 } = options;
  const random = randomOf(seed);
  const peer = new PeerClock("peer");
  const wait = () => delayUs + 20 * delayUs * random() ** 4;
  const isLate = (us: number) => us > (seconds * SEC) / 2;
  const server = (us: number) =>
    us + offsetUs + (driftPpm * us) / 1e6 + (isLate(us) ? stepUs + hiddenStepUs : 0);
  for (let probe = 0; probe < seconds * perSec; probe += 1) {
    const t1 = (probe * SEC) / perSec;
    const arrivedUs = t1 + wait();
    const answeredUs = arrivedUs + 10;
    const steppedUs = isLate(arrivedUs) ? stepUs : 0;
    const stamps = { t2: server(arrivedUs), t3: server(arrivedUs) + 10, steppedUs };
    peer.take({ us: t1, steppedUs: 0 }, stamps, { us: answeredUs + wait(), steppedUs: 0 });
  }
  return peer.findings().cells;
}

describe("the offset of two clocks", () => {
  it("is within its bound for any offset, drift and delays", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.integer({ min: -200, max: 200 }),
        fc.integer({ min: 20, max: 2_000 }),
        fc.nat(1_000),
        (offsetUs, driftPpm, delayUs, seed) => {
          const line = offsetLine(probes({ offsetUs, driftPpm, delayUs, seed }), 5 * SEC, 15 * SEC);
          assert.ok(line?.straight);
          for (const atUs of [5, 10, 15].map((sec) => sec * SEC)) {
            const error = Math.abs(offsetAt(line, atUs) - (offsetUs + (driftPpm * atUs) / 1e6));
            assert.ok(error <= line.boundUs + 1, `${error} of ${line.boundUs}`);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is known to within the smallest one-way delay and what clocks can gain between two probes", () => {
    const line = offsetLine(probes({ offsetUs: 50_000, delayUs: 100 }), 5 * SEC, 15 * SEC);
    assert.ok(line && line.boundUs < 600, `${line?.boundUs}`);
  });

  it("is within its bounds before and after a step that the clock knows of, small or large", () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_000_000, max: 2_000_000 }), fc.nat(1_000), (stepUs, seed) => {
        const cells = probes({ stepUs, seed });
        for (const [sec, offsetUs] of [
          [1, 0],
          [9.9, 0],
          [10.1, stepUs],
          [19, stepUs],
        ] as const) {
          const { lowUs, highUs } = offsetWithin(cells, sec * SEC, sec * SEC) ?? assert.fail();
          assert.ok(
            lowUs <= offsetUs && offsetUs <= highUs,
            `${offsetUs} in ${lowUs} to ${highUs} at ${sec} s`,
          );
        }
        const { lowUs, highUs } = offsetWithin(cells, 2 * SEC, 5 * SEC) ?? assert.fail();
        assert.ok(highUs - lowUs < 3_000, "a step elsewhere widens nothing");
      }),
      { numRuns: 60 },
    );
  });

  it("is within its bounds after an unreported jump, if the probes contradict each other", () => {
    const cells = probes({ hiddenStepUs: 20_000 });
    for (const [sec, offsetUs] of [
      [1, 0],
      [9.9, 0],
      [10.1, 20_000],
      [19, 20_000],
    ] as const) {
      const { lowUs, highUs } = offsetWithin(cells, sec * SEC, sec * SEC) ?? assert.fail();
      assert.ok(lowUs <= offsetUs && offsetUs <= highUs, `${lowUs} to ${highUs} at ${sec} s`);
    }
  });

  it("finds a drift of 100 ppm", () => {
    const line = offsetLine(probes({ driftPpm: 100, delayUs: 50 }), 2 * SEC, 18 * SEC);
    assert.ok(line && Math.abs(line.driftPpm - 100) < 25, `${line?.driftPpm}`);
  });

  it("has a wider bound, and is not straight, after a clock step", () => {
    const line = offsetLine(probes({ stepUs: 20_000 }), 1 * SEC, 19 * SEC);
    assert.ok(line && !line.straight && line.boundUs > 5_000, JSON.stringify(line));
  });

  it("has wider bounds the further away the exchange is", () => {
    const cells = probes({});
    const width = (sec: number) => {
      const { lowUs, highUs } = offsetWithin(cells, sec * SEC, sec * SEC) ?? assert.fail();
      return highUs - lowUs;
    };
    assert.ok(Math.abs(width(31) - width(21) - 2 * 12_000) < 1, `${width(31)} after ${width(21)}`);
  });

  it("has cells of bounded number, however long the exchange", () => {
    assert.equal(probes({ seconds: 2_000 }).length, 300);
  });

  it("is unknown without an answer", () => {
    assert.equal(offsetLine([], 0, 1), undefined);
    assert.equal(offsetWithin(new PeerClock("peer").findings().cells, 0, 1), undefined);
  });
});

describe("a datagram of the exchange", () => {
  it("comes back with all three times and the same length", () => {
    const challenge = newChallenge(TOKEN);
    const packet = question(challenge, () => 1_000.5);
    const length = packet.length;
    const back = answer(packet, TOKEN, { us: 2_000.25, steppedUs: -3.5 }, () => 2_001) ?? assert.fail();
    const reply = read(back);
    assert.ok(reply?.kind === "answer" && answers(reply, challenge));
    assert.deepEqual([reply.t1, reply.t2, reply.t3, reply.steppedUs], [1_000.5, 2_000.25, 2_001, -3.5]);
    assert.equal(back.length, length);
  });

  it("is not answered without the token, and an answer without it is rejected", () => {
    const challenge = newChallenge(TOKEN);
    const now = () => 1;
    assert.equal(answer(question(challenge, now), OTHER, { us: 1, steppedUs: 0 }, now), undefined);
    const forged = question(challenge, now);
    forged.writeUInt32BE(2, 4); // an answer that sends the question's own proof back
    const reply = read(forged);
    assert.ok(reply?.kind === "answer" && !answers(reply, challenge));
  });

  it("has a different number each time", () => {
    const numbers = Array.from({ length: 1_000 }, () => newChallenge(TOKEN).number);
    assert.equal(new Set(numbers).size, 1_000);
  });

  it("of another protocol is ignored", () => {
    assert.equal(read(Buffer.alloc(56)), undefined);
    assert.equal(read(Buffer.from("hello")), undefined);
  });
});

describe("an exchange over UDP", () => {
  const clock = openWallClock();
  const shifted = withFault(clock, parseClockFault("+50ms"));
  let here: Exchange;
  let peer: Exchange;
  before(async () => {
    here = await Exchange.open(clock, 0, TOKEN);
    peer = await Exchange.open(shifted, 0, TOKEN);
  });
  after(() => {
    here.close();
    peer.close();
  });

  it("finds a clock that is 50 ms ahead, within its bound", async () => {
    const began = clock.nowUs();
    here.watch([{ name: "peer", host: "127.0.0.1", port: peer.port }]);
    await eventually(async () => assert.ok((here.findings()[0]?.answered ?? 0) > 10));
    const [findings] = here.findings();
    const line = findings && offsetLine(findings.cells, began, clock.nowUs());
    assert.ok(line && Math.abs(line.offsetUs - 50_000) <= line.boundUs, JSON.stringify(line));
    assert.ok(line.boundUs < 10_000);
  });

  it("counts probes without an answer, and continues", async () => {
    const closed = await Exchange.open(clock, 0, TOKEN);
    const { port } = closed;
    closed.close();
    here.watch([{ name: "nobody", host: "127.0.0.1", port }]);
    await here.burst();
    const [findings] = here.findings();
    assert.ok(findings && findings.sent >= 20 && findings.answered === 0 && findings.minRttUs === null);
  });
});

describe("an answer of the exchange", () => {
  const clock = openWallClock();
  const socketOn = async (address: string) => {
    const socket = dgram.createSocket("udp4").bind(0, address);
    await once(socket, "listening");
    return socket;
  };

  /** What an exchange counts while a peer turns its questions into packets. */
  async function countedOf(reply: (packet: Buffer) => Buffer | undefined, from = "127.0.0.1") {
    const [peer, sender] = [await socketOn("127.0.0.1"), await socketOn(from)];
    const here = await Exchange.open(clock, 0, TOKEN);
    let replies = 0;
    const sending = from === "127.0.0.1" ? peer : sender;
    peer.on("message", (packet, asker) => {
      const bytes = reply(packet);
      replies += 1;
      if (bytes) sending.send(bytes, asker.port, "127.0.0.1");
    });
    here.watch([{ name: "peer", host: "127.0.0.1", port: peer.address().port }]);
    await eventually(async () => assert.ok(replies >= 10));
    await here.burst();
    const [findings] = here.findings();
    for (const each of [here, peer, sender]) each.close();
    return findings?.answered ?? assert.fail();
  }
  const now = () => clock.nowUs();
  const right = (packet: Buffer) => answer(packet, TOKEN, { us: now(), steppedUs: 0 }, now);

  it("counts if the peer sends it with the token", async () => assert.ok((await countedOf(right)) > 5));

  it("does not count from another sender", async () => {
    assert.equal(await countedOf(right, "127.0.0.2"), 0);
  });

  it("does not count if its token, its number, its t1 or a time is wrong", async () => {
    const changed = (change: (bytes: Buffer) => void) => (packet: Buffer) => {
      const bytes = right(packet);
      if (bytes) change(bytes);
      return bytes;
    };
    const forgeries: ((packet: Buffer) => Buffer | undefined)[] = [
      changed((bytes) => bytes.fill(0, 16, 24)),
      changed((bytes) => bytes.writeBigUInt64BE(bytes.readBigUInt64BE(8) + 1n, 8)),
      changed((bytes) => bytes.writeDoubleBE(bytes.readDoubleBE(24) + 1, 24)),
      changed((bytes) => bytes.writeDoubleBE(Number.NaN, 32)),
      changed((bytes) => bytes.writeDoubleBE(Number.POSITIVE_INFINITY, 40)),
      changed((bytes) => bytes.writeDoubleBE(Number.NaN, 48)),
    ];
    for (const [index, forge] of forgeries.entries()) {
      assert.equal(await countedOf(forge), 0, `forgery ${index}`);
    }
  });

  it("is not sent without the token", async () => {
    const here = await Exchange.open(clock, 0, TOKEN);
    const stranger = await socketOn("127.0.0.1");
    const replies: Buffer[] = [];
    stranger.on("message", (bytes) => replies.push(bytes));
    const ask = (token: string) => stranger.send(question(newChallenge(token), now), here.port, "127.0.0.1");
    ask(OTHER);
    ask(TOKEN); // UDP on loopback keeps the order, so no answer to the other can follow
    await once(stranger, "message");
    assert.equal(replies.length, 1);
    here.close();
    stranger.close();
  });
});

describe("a clock with a deliberate fault", () => {
  it("is ahead by its shift and its drift, while its monotonic time stays correct", () => {
    let us = 1_000_000;
    const clock = {
      nowUs: () => us,
      resync: () => 0,
      steppedUs: () => 0,
      steadyUs: () => us - 5,
      steadyAt: (wallUs: number) => wallUs - 5,
    };
    const wrong = withFault(clock, parseClockFault("-20ms,100ppm"));
    us += 10 * SEC;
    assert.equal(Math.round(wrong.nowUs()), 1_000_000 + 10 * SEC - 20_000 + 1_000);
    assert.ok(Math.abs(wrong.steadyAt(wrong.nowUs()) - wrong.steadyUs()) < 0.01);
  });

  it("is rejected if it cannot be parsed", () => {
    assert.throws(() => parseClockFault("a bit late"), /expected a value such as \+50ms or 100ppm/);
  });
});

describe("the monotonic time of a wall clock", () => {
  it("is correct for a time before a correction of the time of day", () => {
    let [mono, stepMs] = [0n, 0];
    const source = {
      monotonic: () => {
        mono += 1_000n; // each read takes 1 µs
        return mono;
      },
      date: () => 1_000 + stepMs + Math.floor(Number(mono) / 1e6),
    };
    const clock = openWallClock(source);
    const [then, steady] = [clock.nowUs(), clock.steadyUs()];
    stepMs = 30;
    assert.ok(Math.abs(clock.resync() - 30_000) < 2);
    assert.ok(Math.abs(clock.steppedUs() - 30_000) < 2);
    assert.ok(Math.abs(clock.steadyAt(then) - steady) < 5, "before the correction");
    assert.ok(Math.abs(clock.steadyAt(clock.nowUs()) - clock.steadyUs()) < 5, "now");
  });
});
