import { SwarmbenchError } from "../contract/errors.ts";

/**
 * The error for a service that accepts none of the stack's passwords.
 *
 * @param service its name in messages, such as InfluxDB
 */
export function passwordRefused(
  service: string,
  { url, user }: { url: string; user: string },
  hint: string,
): SwarmbenchError {
  const message = `${service} at ${url} already has data and accepts none of this stack's passwords for user ${user}`;
  return new SwarmbenchError("password-refused", message, { hint });
}
