/**
 * A duration as the Docker provider reads it back: Go's notation without trailing zero units, such as `5s`, `1m` or `1m30s`.
 * In any other notation, such as `90s`, every `up` would update the service.
 *
 * @param seconds at least 0, rounded to milliseconds
 */
export function goDuration(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  if (ms < 1000) return ms === 0 ? "0s" : `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const rest = (ms % 60_000) / 1000;
  return [
    hours > 0 ? `${hours}h` : "",
    minutes > 0 || (hours > 0 && rest > 0) ? `${minutes}m` : "",
    rest > 0 ? `${rest}s` : "",
  ].join("");
}
