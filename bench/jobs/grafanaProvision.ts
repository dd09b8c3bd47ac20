import { z } from "zod";
import { ask, basic, HttpStatusError, type Request } from "../http.ts";
import { type JobContext, job } from "../job.ts";
import { Problem } from "../problem.ts";
import { type Retry, retryUntil } from "../retry.ts";

const inputSchema = z.strictObject({
  url: z.url(),
  user: z.string().min(1),
  password: z.strictObject({
    current: z.string().min(4),
    /** What it was before it was changed. */
    previous: z.string().optional(),
  }),
  /** Uid of the data source that must be well. */
  dataSource: z.string().min(1),
  /** Uids of the dashboards that must be there; none: any one. */
  dashboards: z.array(z.string()).default([]),
  timeoutSec: z.number().positive().default(120),
});
type Input = z.output<typeof inputSchema>;

export interface GrafanaProvisionResult {
  version: string;
  dataSource: "OK";
  /** Uids of all dashboards that are there. */
  dashboards: string[];
}

const ANYTHING = z.unknown();
const SEE_GRAFANA = "See why on the manager: docker service ps grafana, docker service logs grafana";

/** Waits until Grafana serves with the wanted password, a data source that is well, and its dashboards. */
export async function provision(input: Input, context: JobContext): Promise<GrafanaProvisionResult> {
  const wait = retryUntil(context, input.timeoutSec);
  const { version } = await wait({ what: "Grafana to serve", next: SEE_GRAFANA }, () =>
    ask(z.object({ version: z.string().default("unknown") }), input.url, "/api/health"),
  );
  await takePassword(input, context, wait);
  await dataSourceHealth(input, wait);
  return { version, dataSource: "OK", dashboards: await dashboardsOf(input, wait) };
}

/** Five wrong logins within five minutes lock the user out: so each password is tried once, and once only. */
async function takePassword(input: Input, context: JobContext, wait: Retry): Promise<void> {
  const { url, user, password } = input;
  const { current, previous } = password;
  const accepts = (word: string) =>
    wait({ what: "Grafana to answer a login", next: SEE_GRAFANA }, async () => {
      try {
        await ask(ANYTHING, url, "/api/user", { authorization: basic(user, word) });
        return true;
      } catch (error) {
        if (error instanceof HttpStatusError && error.status === 401) return false;
        throw error;
      }
    });
  if (await accepts(current)) return;
  if (previous === undefined || previous === current || !(await accepts(previous))) {
    throw new Problem(
      `Grafana at ${url} has data already and takes no password of this stack for user ${user}`,
      "Its volume is an earlier stack's, or somebody changed the password. Set it back, or remove service and volume " +
        "(docker service rm grafana; on its node docker volume ls, docker volume rm) and bring the stack up again. " +
        "After five wrong logins Grafana refuses the right one too, for five minutes",
    );
  }
  context.progress("changing the password in Grafana");
  const json = { oldPassword: previous, newPassword: current, confirmNew: current };
  await wait({ what: "Grafana to change the password", next: SEE_GRAFANA }, () =>
    ask(ANYTHING, url, "/api/user/password", { method: "PUT", authorization: basic(user, previous), json }),
  );
}

async function dataSourceHealth(input: Input, wait: Retry): Promise<void> {
  const next =
    "See how both fare on the manager: docker service ps influxdb grafana, docker service logs grafana";
  await wait({ what: `the data source ${input.dataSource} to be well`, next }, async () => {
    const path = `/api/datasources/uid/${encodeURIComponent(input.dataSource)}/health`;
    const { status, message } = await asUser(
      input,
      z.object({ status: z.string(), message: z.string().default("") }),
      path,
    );
    if (status !== "OK") throw new Error(`${status} ${message}`);
  });
}

async function dashboardsOf(input: Input, wait: Retry): Promise<string[]> {
  const next = `${SEE_GRAFANA}; a dashboard that it cannot read is named there`;
  return wait({ what: "Grafana to list its dashboards", next }, async () => {
    const found = await asUser(
      input,
      z.array(z.object({ uid: z.string() })),
      "/api/search?type=dash-db&limit=5000",
    );
    const uids = found.map(({ uid }) => uid).sort();
    const missing = input.dashboards.filter((uid) => !uids.includes(uid));
    if (missing.length > 0) throw new Error(`it lacks ${missing.join(", ")}`);
    if (uids.length === 0) throw new Error("there is none");
    return uids;
  });
}

function asUser<S extends z.ZodType>({ url, user, password }: Input, answer: S, path: string) {
  const request: Request = { authorization: basic(user, password.current) };
  return ask(answer, url, path, request);
}

export const grafanaProvision = job({ input: inputSchema, run: provision });
