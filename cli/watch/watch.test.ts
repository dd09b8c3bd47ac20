import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type { RunEvent } from "../../contract/result.ts";
import type { ListedRun } from "../../results/page/listedRun.ts";
import type { LiveMessage } from "../../results/page/liveRun.ts";
import { eventually } from "../../test/support/eventually.ts";
import { replayEvents, writeEvents } from "../../test/support/replay.ts";
import { isLoopback, serve, type WatchServer } from "./server.ts";
import { TimeLeft } from "./timeLeft.ts";

const folder = mkdtempSync(path.join(tmpdir(), "swarmbench-watch-"));
const DONE = "20251124T160000Z-local-aaaaaa";
const RUNNING = "20251124T170000Z-local-bbbbbb";
let server: WatchServer;

before(async () => {
  writeEvents(path.join(folder, DONE), replayEvents(DONE));
  writeEvents(path.join(folder, RUNNING), replayEvents(RUNNING).slice(0, 5));
  symlinkSync(tmpdir(), path.join(folder, "20251124T180000Z-link-cccccc"));
  server = await serve({ folder, script: "" }, 0);
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** A request whose path and headers are sent as they are. */
function get(target: string, headers: Record<string, string> = {}, method = "GET") {
  const { port } = new URL(server.url);
  return new Promise<{ status: number; text: string; headers: http.IncomingHttpHeaders }>(
    (resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port, path: target, headers, method }, (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        );
      });
      request.on("error", reject);
      request.end();
    },
  );
}

describe("the live page's server", () => {
  it("answers only on loopback, to its own page, and only GET", async () => {
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.equal((await get("/")).status, 200);
    assert.equal((await get("/api/runs", { host: "evil.example:4600" })).status, 421);
    assert.equal((await get("/api/runs", { "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await get("/api/runs", {}, "POST")).status, 405);
    assert.deepEqual(
      ["127.0.0.1:1", "localhost", "[::1]:9", "127.0.0.1.evil.example", undefined].map(isLoopback),
      [...[true, true, true], ...[false, false]],
    );
  });

  it("forbids its page every request to elsewhere", async () => {
    const { headers } = await get("/");
    const policy = headers["content-security-policy"] ?? "";
    assert.match(policy as string, /default-src 'none'.*connect-src 'self'.*frame-ancestors 'none'/);
    assert.equal(headers["access-control-allow-origin"], undefined);
  });

  it("reads no other folder", async () => {
    for (const name of ["..", "%2e%2e", "..%2f..%2fetc", "%zz", "20251124T180000Z-link-cccccc", "unknown"]) {
      assert.equal((await get(`/api/runs/${name}`)).status, 404, name);
    }
  });

  it("lists the runs, the newest first, with their results", async () => {
    const runs = JSON.parse((await get("/api/runs")).text) as ListedRun[];
    assert.deepEqual(runs, [
      { name: RUNNING, state: "running", result: "" },
      { name: DONE, state: "ended", result: "knee at 500 producers" },
    ]);
  });

  it("sends a page everything so far, then each event, and all again after a lost connection", async () => {
    const messages: LiveMessage[] = [];
    const follow = () => {
      const { port } = new URL(server.url);
      return http.get({ host: "127.0.0.1", port, path: `/api/runs/${RUNNING}/events` }, (response) => {
        response.setEncoding("utf8").on("data", (text: string) => {
          for (const [, data = ""] of text.matchAll(/^data: (.*)$/gm)) messages.push(JSON.parse(data));
        });
        response.on("error", () => {});
      });
    };
    const first = follow();
    await eventually(() => assert.equal(messages[0]?.kind, "snapshot"));
    writeEvents(path.join(folder, RUNNING), replayEvents(RUNNING).slice(5, 6));
    await eventually(() => assert.ok(messages.some(({ kind }) => kind === "event")));
    first.destroy();
    messages.length = 0;
    const second = follow();
    await eventually(() => assert.equal(messages[0]?.kind, "snapshot"));
    const [snapshot] = messages;
    assert.equal(snapshot?.kind === "snapshot" && snapshot.seconds.length, 4);
    second.destroy();
  });
});

describe("the time that is left", () => {
  it("shrinks with each step", () => {
    const left = new TimeLeft();
    const most = replayEvents(DONE).flatMap((event: RunEvent) => left.take(event)?.mostSec ?? []);
    assert.ok(most.length > 2 && (most.at(-1) as number) < (most[0] as number), most.join());
  });
});
