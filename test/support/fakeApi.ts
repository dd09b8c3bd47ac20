import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request to a {@link FakeApi}. */
export interface Call {
  /** Method and path without the query, such as "GET /api/user". */
  what: string;
  /** The parameters after the question mark. */
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

export type Answer = [status: number, body?: unknown];

/** A JSON API on loopback that answers as a test defines, and records the requests. */
export interface FakeApi {
  url: string;
  calls: Call[];
  close(): Promise<void>;
}

export async function fakeApi(answer: (call: Call, calls: Call[]) => Answer): Promise<FakeApi> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const call = {
      what: `${request.method} ${request.url?.split("?", 1)[0]}`,
      query: new URL(request.url ?? "/", "http://localhost").searchParams,
      headers: request.headers,
      body: await text(request),
    };
    calls.push(call);
    const [status, body] = answer(call, calls);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
