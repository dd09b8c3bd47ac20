import { z } from "zod";
import { SwarmbenchError } from "../../contract/errors.ts";
import { ask, HttpStatusError } from "../http.ts";
import { type JobContext, job } from "../job.ts";
import { passwordRefused } from "../passwordRefused.ts";
import { type Retry, retryUntil } from "../retry.ts";

/** Portainer's codes: type of an environment behind an agent, status of an environment that answers. */
const AGENT = 2;
const UP = 1;
/** The status of a login with a wrong password. */
const WRONG_PASSWORD = 422;
const NAME_TAKEN = 409;

const inputSchema = z.strictObject({
  url: z.url(),
  user: z.string().min(1),
  password: z.strictObject({
    /** Portainer's limits. */
    current: z.string().min(12).max(72),
    /** The password before the latest change. */
    previous: z.string().optional(),
  }),
  /** The fields of the form that registers the swarm: `POST /api/endpoints`. */
  environment: z.object({ Name: z.string().min(1), URL: z.string().min(1) }).catchall(z.string()),
  timeoutSec: z.number().positive().default(120),
});
type Input = z.output<typeof inputSchema>;

/** The result of the job `portainer-provision`. */
interface PortainerProvisionResult {
  version: string;
  /** The environments that Portainer reaches through agents. */
  environments: { id: number; name: string; url: string; nodes: number }[];
}

const environmentSchema = z.object({
  Id: z.number(),
  Name: z.string(),
  Type: z.number(),
  URL: z.string(),
  Status: z.number(),
  Snapshots: z
    .array(z.object({ Swarm: z.boolean().default(false), NodeCount: z.number().default(0) }))
    .nullish()
    .transform((snapshots) => snapshots?.[0]),
});
type Environment = z.output<typeof environmentSchema>;

const ANYTHING = z.unknown();
const SEE_PORTAINER = "See why on the manager: docker service ps portainer, docker service logs portainer";
const SEE_AGENTS =
  "See why on the manager: docker service ps portainer_agent, docker service logs portainer_agent. " +
  "To release agents from another Portainer: docker service update --force portainer_agent";

/**
 * Waits until Portainer is up with the current password and can reach the swarm. Changes the password if Portainer still
 * has the previous one, and registers the swarm if needed.
 *
 * @throws SwarmbenchError `password-refused`, or `service-failed` after the timeout
 */
export async function provision(input: Input, context: JobContext): Promise<PortainerProvisionResult> {
  const wait = retryUntil(context, input.timeoutSec);
  const { Version } = await wait({ what: "Portainer to start", hint: SEE_PORTAINER }, () =>
    ask(z.object({ Version: z.string() }), input.url, "/api/system/status"),
  );
  const authorization = await ensurePassword(input, context, wait);
  await registerSwarm(input, context, authorization, wait);
  const listing = { what: "Portainer to list its environments", hint: SEE_PORTAINER };
  const registered = await wait(listing, () => environments(input, authorization));
  return {
    version: Version,
    environments: registered
      .filter(({ Type }) => Type === AGENT)
      .map(({ Id, Name, URL, Snapshots }) => ({
        id: Id,
        name: Name,
        url: URL,
        nodes: Snapshots?.NodeCount ?? 0,
      })),
  };
}

/** Changes a previous password. @returns the `Authorization` of a session with the current one */
async function ensurePassword(input: Input, context: JobContext, wait: Retry): Promise<string> {
  const { url, user, password } = input;
  const { current, previous } = password;
  const session = await logIn(input, current, wait);
  if (session) return session;
  const earlier =
    previous === undefined || previous === current ? undefined : await logIn(input, previous, wait);
  if (!earlier) {
    const hint =
      "Its volume belongs to an earlier stack, or the password was changed by hand. Set it back, or remove service and " +
      "volume (docker service rm portainer; on its node docker volume ls, docker volume rm) and bring the stack up again";
    throw passwordRefused("Portainer", { url, user }, hint);
  }
  context.progress("changing the password in Portainer");
  const changing = { what: "Portainer to change the password", hint: SEE_PORTAINER };
  await wait(changing, async () => {
    const { Id } = await ask(z.object({ Id: z.number() }), url, "/api/users/me", { authorization: earlier });
    await ask(ANYTHING, url, `/api/users/${Id}/passwd`, {
      method: "PUT",
      authorization: earlier,
      json: { Password: previous, NewPassword: current },
    });
  });
  // A change of the password ends all open sessions.
  return ensurePassword({ ...input, password: { current } }, context, wait);
}

/** @returns the `Authorization` of a session; undefined if the password is wrong */
function logIn({ url, user }: Input, password: string, wait: Retry): Promise<string | undefined> {
  const json = { Username: user, Password: password };
  return wait({ what: "Portainer to answer a login", hint: SEE_PORTAINER }, async () => {
    try {
      const { jwt } = await ask(z.object({ jwt: z.string() }), url, "/api/auth", { method: "POST", json });
      return `Bearer ${jwt}`;
    } catch (error) {
      if (error instanceof HttpStatusError && error.status === WRONG_PASSWORD) return undefined;
      throw error;
    }
  });
}

/** Portainer registers the swarm itself only at its first start, and only if an agent answers in time. */
async function registerSwarm(
  input: Input,
  context: JobContext,
  authorization: string,
  wait: Retry,
): Promise<void> {
  const reaching = { what: "Portainer to reach the swarm's agents", hint: SEE_AGENTS };
  if (!(await wait(reaching, () => swarmIn(input, authorization)))) {
    context.progress("registering the swarm in Portainer");
  }
  await wait(reaching, async () => {
    const swarm = (await swarmIn(input, authorization)) ?? (await register(input, authorization));
    // Without a snapshot, Portainer checks only every few minutes whether an environment answers.
    const path = `/api/endpoints/${swarm.Id}/snapshot`;
    await ask(ANYTHING, input.url, path, { method: "POST", authorization });
    const updated = await swarmIn(input, authorization);
    if (updated?.Status !== UP) throw new Error(`the environment ${swarm.Name} is down`);
    if (!updated.Snapshots?.Swarm)
      throw new Error(`Portainer does not recognise the environment ${swarm.Name} as a swarm`);
  });
}

async function swarmIn(input: Input, authorization: string): Promise<Environment | undefined> {
  const all = await environments(input, authorization);
  return all.find(({ Type, URL }) => Type === AGENT && URL === input.environment.URL);
}

async function register(input: Input, authorization: string): Promise<{ Id: number; Name: string }> {
  const { url, environment } = input;
  try {
    return await ask(z.object({ Id: z.number(), Name: z.string() }), url, "/api/endpoints", {
      method: "POST",
      authorization,
      form: environment,
    });
  } catch (error) {
    if (!(error instanceof HttpStatusError && error.status === NAME_TAKEN)) throw error;
    throw new SwarmbenchError(
      "service-failed",
      `Portainer has another environment with the name ${environment.Name}`,
      { hint: "Rename or remove it in Portainer, and bring the stack up again", cause: error },
    );
  }
}

function environments({ url }: Input, authorization: string): Promise<Environment[]> {
  return ask(z.array(environmentSchema), url, "/api/endpoints", { authorization });
}

/** The job that waits for Portainer, sets its password, and registers the swarm. */
export const portainerProvision = job({ input: inputSchema, run: provision });
