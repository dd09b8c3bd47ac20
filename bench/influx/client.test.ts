import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { makeAuthority, makeCertificate, type TestAuthority } from "../../test/support/certificates.ts";
import { checkHealth } from "./admin.ts";
import { pointOf } from "./points.ts";
import { PointWriter } from "./writer.ts";

describe("a client of an InfluxDB with TLS", () => {
  let server: Server;
  let authority: TestAuthority;
  let other: TestAuthority;
  /** The requests that reached the server. */
  let requests: (string | undefined)[] = [];
  const url = (host = "localhost") => `https://${host}:${(server.address() as AddressInfo).port}`;

  before(async () => {
    authority = makeAuthority();
    other = makeAuthority();
    const bundle = makeCertificate(authority, ["localhost"]);
    server = createServer({ key: bundle, cert: bundle }, (request, response) => {
      requests.push(request.url?.split("?")[0]);
      const isWrite = request.url?.startsWith("/api/v2/write");
      response.writeHead(isWrite ? 204 : 200, { "content-type": "application/json" });
      response.end(isWrite ? undefined : '{"name":"influxdb","status":"pass"}');
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
  });
  after(() => server.close());

  /** Writes one point. The clock makes no pause between retries. */
  async function write(ca: string | undefined) {
    const target = { url: url(), ca, org: "o", bucket: "b", token: "t" };
    const writer = new PointWriter(target, { now: () => 0, sleep: async () => {} });
    writer.write(pointOf("rate", { run: "r", scenario: "s", step: "1" }, { offered: 1 }, 1));
    return writer.close();
  }

  it("accepts a certificate of the authority", async () => {
    await checkHealth({ url: url(), ca: authority.certificate });
    assert.deepEqual(await write(authority.certificate), { written: 1, lost: 0, lastError: undefined });
  });

  for (const [what, caOf] of [
    ["of another authority with the same name", () => other.certificate],
    ["if no authority is given, but those that Node.js trusts", () => undefined],
  ] as const) {
    it(`refuses a certificate ${what}, before it sends a request`, async () => {
      requests = [];
      const refused = /certificate|signature/;
      await assert.rejects(checkHealth({ url: url(), ca: caOf() }), refused);
      const { written, lost, lastError } = await write(caOf());
      assert.deepEqual([written, lost], [0, 1]);
      assert.match(lastError?.message ?? "", refused);
      assert.deepEqual(requests, []);
    });
  }

  it("refuses a certificate for another name", async () => {
    await assert.rejects(
      checkHealth({ url: url("127.0.0.1"), ca: authority.certificate }),
      /127\.0\.0\.1.* is not in the cert/,
    );
  });
});
