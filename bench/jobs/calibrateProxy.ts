import { z } from "zod";
import { ask, HttpStatusError } from "../http.ts";
import { type JobContext, job } from "../job.ts";
import { retryUntil } from "../retry.ts";

/** Toxiproxy's status if the name already exists. */
const NAME_EXISTS = 409;
const anything = z.unknown();

const inputSchema = z.strictObject({
  /** Toxiproxy's API. */
  api: z.url(),
  proxies: z.array(
    z.strictObject({
      name: z.string().min(1),
      listen: z.string().min(1),
      upstream: z.string().min(1),
      enabled: z.boolean(),
      /** Delay injected on the way to the broker only, ms. */
      latencyMs: z.int().min(0),
    }),
  ),
});

/**
 * Sets up the proxies in Toxiproxy. It can run again, for example to disable or enable a proxy.
 *
 * @throws SwarmbenchError if Toxiproxy does not respond within 30 s, HttpStatusError if it rejects a request
 */
export async function setUpProxies(
  { api, proxies }: z.output<typeof inputSchema>,
  context: JobContext,
): Promise<{ proxies: number }> {
  const post = (path: string, json: object) => ask(anything, api, path, { method: "POST", json });
  const wait = retryUntil(context, 30);
  await wait({ what: "the proxy to start", hint: "On the manager see: docker logs bench-proxy" }, () =>
    ask(anything, api, "/proxies"),
  );
  await post(
    "/populate",
    proxies.map(({ name, listen, upstream, enabled }) => ({ name, listen, upstream, enabled })),
  );
  for (const { name, enabled, latencyMs } of proxies) {
    // `populate` does not change existing proxies.
    await post(`/proxies/${name}`, { enabled });
    if (latencyMs > 0) await addLatency(post, name, latencyMs);
  }
  return { proxies: proxies.length };
}

async function addLatency(
  post: (path: string, json: object) => Promise<unknown>,
  name: string,
  latency: number,
): Promise<void> {
  const attributes = { latency, jitter: 0 };
  try {
    await post(`/proxies/${name}/toxics`, {
      name: "latency",
      type: "latency",
      stream: "upstream",
      attributes,
    });
  } catch (error) {
    if (!(error instanceof HttpStatusError && error.status === NAME_EXISTS)) throw error;
    await post(`/proxies/${name}/toxics/latency`, { attributes });
  }
}

/** The job that sets up the calibration's proxies. */
export const calibrateProxy = job({ input: inputSchema, run: setUpProxies });
