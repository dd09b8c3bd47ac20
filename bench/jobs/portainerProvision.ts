import { z } from "zod";
import { ask, HttpStatusError } from "../http.ts";
import { type JobContext, job } from "../job.ts";
import { Problem } from "../problem.ts";
import { type Retry, retryUntil } from "../retry.ts";

/** Portainer's numbers of an environment that it reaches through an agent, and of one that answers. */
const AGENT = 2;
const UP = 1;
/** What a login with a wrong password is answered. */
const WRONG_PASSWORD = 422;
const NAME_TAKEN = 409;

const inputSchema = z.strictObject({
  url: z.url(),
  user: z.string().min(1),
  password: z.strictObject({
    /** Portainer's own limit. */
    current: z.string().min(12).max(72),
    /** What it was before it was changed. */
    previous: z.string().optional(),
  }),
  /** The fields of the form that registers the swarm: `POST /api/endpoints`. */
  environment: z.object({ Name: z.string().min(1), URL: z.string().min(1) }).catchall(z.string()),
  timeoutSec: z.number().positive().default(120),
});
type Input = z.output<typeof inputSchema>;

export interface PortainerProvisionResult {
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
  "See why on the manager: docker service ps portainer_agent, docker service logs portainer_agent; an agent that obeys " +
  "another Portainer obeys this one after: docker service update --force portainer_agent";

/** Waits until Portainer serves with the wanted password and has the swarm as an environment that answers. */
export async function provision(input: Input, context: JobContext): Promise<PortainerProvisionResult> {
  const wait = retryUntil(context, input.timeoutSec);
  const { Version } = await wait({ what: "Portainer to serve", next: SEE_PORTAINER }, () =>
    ask(z.object({ Version: z.string() }), input.url, "/api/system/status"),
  );
  const authorization = await takePassword(input, context, wait);
  await registerSwarm(input, context, authorization, wait);
  const listing = { what: "Portainer to list its environments", next: SEE_PORTAINER };
  const found = await wait(listing, () => environments(input, authorization));
  return {
    version: Version,
    environments: found
      .filter(({ Type }) => Type === AGENT)
      .map(({ Id, Name, URL, Snapshots }) => ({
        id: Id,
        name: Name,
        url: URL,
        nodes: Snapshots?.NodeCount ?? 0,
      })),
  };
}

/** @returns the `Authorization` of a session with the current password */
async function takePassword(input: Input, context: JobContext, wait: Retry): Promise<string> {
  const { url, user, password } = input;
  const { current, previous } = password;
  const session = await logIn(input, current, wait);
  if (session) return session;
  const earlier =
    previous === undefined || previous === current ? undefined : await logIn(input, previous, wait);
  if (!earlier) {
    throw new Problem(
      `Portainer at ${url} has data already and takes no password of this stack for user ${user}`,
      "Its volume is an earlier stack's, or somebody changed the password. Set it back, or remove service and volume " +
        "(docker service rm portainer; on its node docker volume ls, docker volume rm) and bring the stack up again",
    );
  }
  context.progress("changing the password in Portainer");
  const changing = { what: "Portainer to change the password", next: SEE_PORTAINER };
  await wait(changing, async () => {
    const { Id } = await ask(z.object({ Id: z.number() }), url, "/api/users/me", { authorization: earlier });
    await ask(ANYTHING, url, `/api/users/${Id}/passwd`, {
      method: "PUT",
      authorization: earlier,
      json: { Password: previous, NewPassword: current },
    });
  });
  // A change of the password ends the sessions that were opened before it.
  return takePassword({ ...input, password: { current } }, context, wait);
}

/** @returns undefined where the password is wrong */
function logIn({ url, user }: Input, password: string, wait: Retry): Promise<string | undefined> {
  const json = { Username: user, Password: password };
  return wait({ what: "Portainer to answer a login", next: SEE_PORTAINER }, async () => {
    try {
      const { jwt } = await ask(z.object({ jwt: z.string() }), url, "/api/auth", { method: "POST", json });
      return `Bearer ${jwt}`;
    } catch (error) {
      if (error instanceof HttpStatusError && error.status === WRONG_PASSWORD) return undefined;
      throw error;
    }
  });
}

/** Portainer registers the swarm itself only at its very first start, and only if an agent answers in time. */
async function registerSwarm(
  input: Input,
  context: JobContext,
  authorization: string,
  wait: Retry,
): Promise<void> {
  const reaching = { what: "Portainer to reach the swarm's agents", next: SEE_AGENTS };
  if (!(await wait(reaching, () => swarmIn(input, authorization)))) {
    context.progress("registering the swarm in Portainer");
  }
  await wait(reaching, async () => {
    const swarm = (await swarmIn(input, authorization)) ?? (await register(input, authorization));
    // Else it is only every few minutes that Portainer looks whether an environment answers.
    const path = `/api/endpoints/${swarm.Id}/snapshot`;
    await ask(ANYTHING, input.url, path, { method: "POST", authorization });
    const seen = await swarmIn(input, authorization);
    if (seen?.Status !== UP) throw new Error(`the environment ${swarm.Name} is down`);
    if (!seen.Snapshots?.Swarm) throw new Error(`the environment ${swarm.Name} is not known to be a swarm`);
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
    throw new Problem(
      `Portainer has another environment with the name ${environment.Name}`,
      "Rename it in Portainer, or remove it there, and bring the stack up again",
      { cause: error },
    );
  }
}

function environments({ url }: Input, authorization: string): Promise<Environment[]> {
  return ask(z.array(environmentSchema), url, "/api/endpoints", { authorization });
}

export const portainerProvision = job({ input: inputSchema, run: provision });
