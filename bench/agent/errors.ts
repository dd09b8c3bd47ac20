import { HttpError } from "../httpServer.ts";

/** An answer that is no success, with its HTTP status. */
export class AgentError extends HttpError {
  constructor(status: 400 | 404 | 409, message: string) {
    super(status, message);
  }
}

/** What is asked for does not go with what the agent does now. */
export function conflict(message: string): AgentError {
  return new AgentError(409, message);
}
