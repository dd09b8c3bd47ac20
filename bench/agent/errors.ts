import { HttpError } from "../httpServer.ts";

/** The error of a request that does not fit the agent's state (409). The runner turns it into an error for the user. */
export function conflict(message: string): HttpError {
  return new HttpError(409, message);
}

/** The error of a request with invalid values (400). */
export function badRequest(message: string): HttpError {
  return new HttpError(400, message);
}
