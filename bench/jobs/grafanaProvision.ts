import { z } from "zod";
import { ask, basic, HttpStatusError, type Request } from "../http.ts";
import { type JobContext, job } from "../job.ts";
import { passwordRefused } from "../passwordRefused.ts";
import { type Retry, retryUntil } from "../retry.ts";

const inputSchema = z.strictObject({
  url: z.url(),
  user: z.string().min(1),
  password: z.strictObject({
    current: z.string().min(4),
    /** The password before the latest change. */
    previous: z.string().optional(),
  }),
  /** Uid of the data source that must be healthy. */
  dataSource: z.string().min(1),
  /** Uids of the dashboards that must exist; empty: at least one dashboard. */
  dashboards: z.array(z.string()).default([]),
  timeoutSec: z.number().positive().default(120),
});
type Input = z.output<typeof inputSchema>;

/** The result of the job `grafana-provision`. */
interface GrafanaProvisionResult {
  version: string;
  dataSource: "OK";
  /** Uids of all existing dashboards. */
  dashboards: string[];
}

const ANYTHING = z.unknown();
const SEE_GRAFANA = "See why on the manager: docker service ps grafana, docker service logs grafana";

/**
 * Waits until Grafana is up with the current password, a healthy data source, and its dashboards. Changes the password if
 * Grafana still has the previous one.
 *
 * @throws SwarmbenchError `password-refused`, or `service-failed` after the timeout
 */
export async function provision(input: Input, context: JobContext): Promise<GrafanaProvisionResult> {
  const wait = retryUntil(context, input.timeoutSec);
  const { version } = await wait({ what: "Grafana to start", hint: SEE_GRAFANA }, () =>
    ask(z.object({ version: z.string().default("unknown") }), input.url, "/api/health"),
  );
  await ensurePassword(input, context, wait);
  await waitForDataSource(input, wait);
  return { version, dataSource: "OK", dashboards: await waitForDashboards(input, wait) };
}

/** Changes a previous password. Tries each password only once: five failed logins within five minutes lock the user out. */
async function ensurePassword(input: Input, context: JobContext, wait: Retry): Promise<void> {
  const { url, user, password } = input;
  const { current, previous } = password;
  const accepts = (candidate: string) =>
    wait({ what: "Grafana to answer a login", hint: SEE_GRAFANA }, async () => {
      try {
        await ask(ANYTHING, url, "/api/user", { authorization: basic(user, candidate) });
        return true;
      } catch (error) {
        if (error instanceof HttpStatusError && error.status === 401) return false;
        throw error;
      }
    });
  if (await accepts(current)) return;
  if (previous === undefined || previous === current || !(await accepts(previous))) {
    const hint =
      "Its volume belongs to an earlier stack, or the password was changed by hand. Set it back, or remove service and " +
      "volume (docker service rm grafana; on its node docker volume ls, docker volume rm) and bring the stack up again. " +
      "After five failed logins Grafana also rejects the right password for five minutes";
    throw passwordRefused("Grafana", { url, user }, hint);
  }
  context.progress("changing the password in Grafana");
  const json = { oldPassword: previous, newPassword: current, confirmNew: current };
  await wait({ what: "Grafana to change the password", hint: SEE_GRAFANA }, () =>
    ask(ANYTHING, url, "/api/user/password", { method: "PUT", authorization: basic(user, previous), json }),
  );
}

async function waitForDataSource(input: Input, wait: Retry): Promise<void> {
  const hint = "See both on the manager: docker service ps influxdb grafana, docker service logs grafana";
  await wait({ what: `the data source ${input.dataSource} to be healthy`, hint }, async () => {
    const path = `/api/datasources/uid/${encodeURIComponent(input.dataSource)}/health`;
    const { status, message } = await asUser(
      input,
      z.object({ status: z.string(), message: z.string().default("") }),
      path,
    );
    if (status !== "OK") throw new Error(`${status} ${message}`);
  });
}

async function waitForDashboards(input: Input, wait: Retry): Promise<string[]> {
  const hint = `${SEE_GRAFANA}. The log names dashboards that Grafana cannot read`;
  return wait({ what: "Grafana to list its dashboards", hint }, async () => {
    const dashboards = await asUser(
      input,
      z.array(z.object({ uid: z.string() })),
      "/api/search?type=dash-db&limit=5000",
    );
    const uids = dashboards.map(({ uid }) => uid).sort();
    const missing = input.dashboards.filter((uid) => !uids.includes(uid));
    if (missing.length > 0) throw new Error(`missing ${missing.join(", ")}`);
    if (uids.length === 0) throw new Error("there is no dashboard");
    return uids;
  });
}

function asUser<S extends z.ZodType>({ url, user, password }: Input, answer: S, path: string) {
  const request: Request = { authorization: basic(user, password.current) };
  return ask(answer, url, path, request);
}

/** The job that waits for Grafana and sets its password. */
export const grafanaProvision = job({ input: inputSchema, run: provision });
