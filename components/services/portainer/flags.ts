import type { TaskMount } from "../../lib/service.ts";

/**
 * Arguments and environment of Portainer CE and its agent. Paths in parentheses are in Portainer's repositories. Both
 * images contain static programs and no shell, so no entry script can read a secret and no health command can run.
 */

/** The port of an agent, which creates a new self-signed certificate at each start (`os/options.go`). */
const AGENT_PORT = 9001;

/** The mounts of Portainer's official stack file: the engine's socket, and the volumes that the web UI can browse. */
export const AGENT_MOUNTS: TaskMount[] = [
  { type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" },
  { type: "bind", source: "/var/lib/docker/volumes", target: "/var/lib/docker/volumes" },
];

interface PortainerStart {
  /** Name of the agent service. */
  agent: string;
  /**
   * File with the administrator's password in plain text: 12 to 72 bytes, the limits of Portainer's API and of bcrypt.
   * A trailing line break is ignored.
   */
  passwordFile: string;
}

/**
 * Arguments of Portainer's server (`api/cli/cli.go`).
 *
 * The server only reads password and environment while `/data` is new, and the environment only if an agent answers
 * within three seconds. Otherwise the server exits, and its next start skips both (portainer/portainer issue 12667).
 * The provision job therefore checks for the environment and adds it if it is missing: {@link environmentForm}.
 */
export function portainerArguments({ agent, passwordFile }: PortainerStart): string[] {
  return [
    `--host=${agentUrl(agent)}`,
    // The agent's certificate is self-signed and new at each start.
    "--tlsskipverify",
    // Flag and value in one argument: a separate argument that starts with `@` would be read as a file of arguments.
    `--admin-password-file=${passwordFile}`,
    // Plain HTTP on port 9000 is the default only while `/data` is new; later the web UI could have switched it off.
    "--http-enabled",
  ];
}

interface AgentStart {
  /** Name of the agent service, by which agents find each other. */
  service: string;
}

/**
 * Environment of an agent (`os/options.go`, `cmd/agent/main.go`).
 *
 * There is no shared secret, because the server only reads one from its environment (`AGENT_SECRET`), which
 * `docker service inspect` shows. An agent without a secret trusts the key of the first server that calls it, until the
 * agent stops.
 */
export function agentEnvironment({ service }: AgentStart): Record<string, string> {
  return {
    // Without a port: the agent resolves the name and takes each address as another agent.
    AGENT_CLUSTER_ADDR: tasksOf(service),
    AGENT_PORT: String(AGENT_PORT),
    LOG_LEVEL: "INFO",
  };
}

/**
 * The multipart form of `POST /api/endpoints`, with which an administrator registers the swarm. Type 2 is an agent
 * (`api/http/handler/endpoints/endpoint_create.go`).
 */
export function environmentForm(agent: string): Record<string, string> {
  return {
    // The name that the server gives to an environment from `--host` (`api/internal/endpointutils/endpoint_setup.go`).
    Name: "primary",
    EndpointCreationType: "2",
    URL: agentUrl(agent),
    TLS: "true",
    TLSSkipVerify: "true",
    TLSSkipClientVerify: "true",
  };
}

function agentUrl(service: string): string {
  return `tcp://${tasksOf(service)}:${AGENT_PORT}`;
}

/** The DNS name that swarm resolves to the addresses of all tasks of a service. */
function tasksOf(service: string): string {
  return `tasks.${service}`;
}
