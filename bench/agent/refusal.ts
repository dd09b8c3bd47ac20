import { HttpRefusal } from "../httpServer.ts";

/** An answer that is no success, with its HTTP status. */
export class AgentRefusal extends HttpRefusal {
  constructor(status: 400 | 404 | 409, message: string) {
    super(status, message);
  }
}

/** What is asked for does not go with what the agent does now. */
export function conflict(message: string): AgentRefusal {
  return new AgentRefusal(409, message);
}
