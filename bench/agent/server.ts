// The agent's HTTP server. protocol.ts has the requests and answers.
import type http from "node:http";
import { z } from "zod";
import { checked, type Handler, type ServerLimits, serveJson } from "../httpServer.ts";
import type { Agent } from "./agent.ts";
import {
  collectSchema,
  MAX_BODY_BYTES,
  memberSchema,
  PATHS,
  prepareSchema,
  startSchema,
  stopSchema,
  windowSchema,
} from "./protocol.ts";

const stepQuery = z.object({ run: z.string(), step: z.coerce.number().int().min(0) });
const reportQuery = z.object({
  run: z.string(),
  step: z.coerce.number().int().min(0),
  after: z.coerce.number().int().min(0),
});

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
      return agent.measure(id, { fromUs, toUs });
    },
    [`POST ${PATHS.member}`]: (body) => {
      const { consumer, change, ...id } = checked(memberSchema, body);
      return agent.member(id, consumer, change);
    },
    [`GET ${PATHS.report}`]: (_, query) => {
      const { after, ...id } = checked(reportQuery, query);
      return agent.report(id, after);
    },
    [`GET ${PATHS.tally}`]: (_, query) => agent.tally(checked(stepQuery, query)),
    [`POST ${PATHS.stop}`]: (body) => agent.stop(checked(stopSchema, body)),
    [`POST ${PATHS.collect}`]: (body) => {
      const { timeoutMs, ...id } = checked(collectSchema, body);
      return agent.collect(id, timeoutMs);
    },
  };
}

/**
 * Serves an agent over HTTP.
 *
 * @param where a port (0: any free one) of all addresses or of one
 * @param token the stack's token, which every request must have
 * @param times for tests
 */
export function serve(
  agent: Agent,
  where: number | { port: number; host: string },
  token: string,
  times: Pick<ServerLimits, "headersMs" | "requestMs"> = {},
): Promise<http.Server> {
  return serveJson(handlers(agent), where, { ...times, token, maxBodyBytes: MAX_BODY_BYTES });
}
