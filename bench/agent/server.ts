// The agent over HTTP: bench/agent/protocol.ts says what is asked and answered.
import http from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { reason } from "../problem";
import type { Agent } from "./agent";
import { collectSchema, PATHS, prepareSchema, startSchema, stopSchema, windowSchema } from "./protocol";
import { AgentRefusal } from "./refusal";

const reportQuery = z.object({
  run: z.string(),
  step: z.coerce.number(),
  after: z.coerce.number().int().min(0),
});

type Handler = (body: unknown, query: Record<string, string>) => unknown;

function handlers(agent: Agent): Record<string, Handler> {
  return {
    [`GET ${PATHS.hello}`]: () => agent.hello(),
    [`POST ${PATHS.prepare}`]: (body) => agent.prepare(checked(prepareSchema, body)),
    [`POST ${PATHS.start}`]: (body) => {
      const { atUs, ...id } = checked(startSchema, body);
      agent.start(id, atUs);
    },
    [`POST ${PATHS.window}`]: (body) => {
      const { fromUs, toUs, ...id } = checked(windowSchema, body);
      agent.measure(id, { fromUs, toUs });
    },
    [`GET ${PATHS.report}`]: (_, query) => {
      const { after, ...id } = checked(reportQuery, query);
      return agent.report(id, after);
    },
    [`POST ${PATHS.stop}`]: (body) => agent.stop(checked(stopSchema, body)),
    [`POST ${PATHS.collect}`]: (body) => {
      const { patienceMs, ...id } = checked(collectSchema, body);
      return agent.collect(id, patienceMs);
    },
  };
}

/** @throws AgentRefusal with every mistake; values are not told, since a password may be among them */
function checked<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "all"}: ${message}`);
  throw new AgentRefusal(400, mistakes.join("; "));
}

/** @param port 0: any that is free */
export function serve(agent: Agent, port: number): Promise<http.Server> {
  const byRequest = handlers(agent);
  const server = http.createServer((request, response) => {
    answer(byRequest, request)
      .then((document) => send(response, 200, document ?? {}))
      .catch((error) => send(response, statusOf(error), { error: reason(error) }));
  });
  // A step's preparation and collection take their time: who asks has a time-out of its own.
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, () => resolve(server));
  });
}

async function answer(byRequest: Record<string, Handler>, request: http.IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://agent");
  const name = `${request.method} ${url.pathname}`;
  const handler = Object.hasOwn(byRequest, name) ? byRequest[name] : undefined;
  const body = await text(request);
  if (!handler)
    throw new AgentRefusal(404, `there is no ${name}; there are ${Object.keys(byRequest).join(", ")}`);
  return handler(body === "" ? {} : parse(body), Object.fromEntries(url.searchParams));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new AgentRefusal(400, "the body is no JSON document");
  }
}

function statusOf(error: unknown): number {
  return error instanceof AgentRefusal ? error.status : 500;
}

function send(response: http.ServerResponse, status: number, document: unknown): void {
  const body = JSON.stringify(document);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
