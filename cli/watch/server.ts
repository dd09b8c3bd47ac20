// The server of the live page. It listens on loopback alone, answers only GET, and reads only the folders of runs.
import http from "node:http";
import path from "node:path";
import { SwarmbenchError } from "../../contract/errors.ts";
import { type PageScript, page, policy } from "../../results/report/document.ts";
import { html } from "../../results/report/page.ts";
import { readResults } from "../../results/store.ts";
import { withThinnedSeconds } from "../../results/thinned.ts";
import { Broadcast } from "./broadcast.ts";
import { listRuns, runNames } from "./runList.ts";

/** Names by which a browser on this machine, or behind an SSH tunnel, reaches loopback. */
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];
const HOST = "127.0.0.1";

/** What the server serves. */
export interface Watched {
  /** Folder of the runs. */
  folder: string;
  /** The script of the page, as `pageScript()` returns it. */
  script: string;
}

/** A running server. */
export interface WatchServer {
  /** `http://127.0.0.1:PORT/` */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts the server on loopback.
 *
 * @param port 0: any free one
 * @throws Error with code EADDRINUSE if the port is in use
 */
export async function serve(watched: Watched, port: number): Promise<WatchServer> {
  const broadcasts = new Map<string, Broadcast>();
  const more: PageScript = { script: watched.script, data: { place: "live" }, isLive: true };
  const document = page(
    "swarmbench",
    html`<main><h1>swarmbench</h1><p>This page needs JavaScript.</p></main>`,
    more,
  );
  const server = http.createServer((request, response) => {
    for (const [name, value] of Object.entries(headersOf(more))) response.setHeader(name, value);
    try {
      answer({ watched, broadcasts, document }, request, response);
    } catch (error) {
      fail(response, 500, (error as Error).message);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address() as { port: number };
  return {
    url: `http://${HOST}:${address.port}/`,
    close: async () => {
      for (const broadcast of broadcasts.values()) broadcast.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Security headers (OWASP Secure Headers Project): the page cannot be framed, and nothing is cached. */
function headersOf(more: PageScript): Record<string, string> {
  return {
    "content-security-policy": `${policy(more)}; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
  };
}

interface Service {
  watched: Watched;
  broadcasts: Map<string, Broadcast>;
  document: string;
}

function answer(service: Service, request: http.IncomingMessage, response: http.ServerResponse): void {
  const refused = refusal(request);
  if (refused) {
    fail(response, ...refused);
    return;
  }
  const { folder } = service.watched;
  const [pathname = ""] = (request.url ?? "/").split("?");
  if (pathname === "/") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(service.document);
    return;
  }
  const [, name, events] = /^\/api\/runs\/([^/]+)(\/events)?$/.exec(pathname) ?? [];
  const run = name === undefined ? undefined : knownRun(folder, name);
  if (pathname === "/api/runs") sendJson(response, 200, listRuns(folder));
  else if (run === undefined) fail(response, 404, "no such run");
  else if (events) follow(service, run, response);
  else sendRun(path.join(folder, run), response);
}

/** Why a request is not answered. */
function refusal({ headers, method }: http.IncomingMessage): [status: number, error: string] | undefined {
  // Another site's page may resolve its own name to loopback (DNS rebinding): then the Host header has that name.
  if (!isLoopback(headers.host)) return [421, "this server answers only on loopback"];
  if (headers["sec-fetch-site"] === "cross-site") return [403, "requests from other sites are refused"];
  return method === "GET" ? undefined : [405, "only GET is supported"];
}

/** Whether a Host header names loopback, with any port: that of an SSH tunnel may differ. */
export function isLoopback(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_NAMES.includes(host.replace(/:\d+$/, "").toLowerCase());
}

/** The name as the folder has it, so that no path leads out of the folder. */
function knownRun(folder: string, encoded: string): string | undefined {
  try {
    const name = decodeURIComponent(encoded);
    return runNames(folder).find((each) => each === name);
  } catch {
    return undefined; // not a valid URI component
  }
}

function follow({ watched, broadcasts }: Service, run: string, response: http.ServerResponse): void {
  for (const [name, broadcast] of broadcasts) if (broadcast.isIdle) broadcasts.delete(name);
  const broadcast = broadcasts.get(run) ?? new Broadcast(path.join(watched.folder, run));
  broadcasts.set(run, broadcast);
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  broadcast.add(response);
}

function sendRun(folder: string, response: http.ServerResponse): void {
  try {
    sendJson(response, 200, withThinnedSeconds(readResults(folder)));
  } catch (error) {
    if (!(error instanceof SwarmbenchError)) throw error;
    fail(response, 422, error.message);
  }
}

function fail(response: http.ServerResponse, status: number, error: string): void {
  if (response.headersSent) response.destroy();
  else sendJson(response, status, { error });
}

function sendJson(response: http.ServerResponse, status: number, document: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(JSON.stringify(document));
}
