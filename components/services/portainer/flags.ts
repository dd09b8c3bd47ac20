import type { TaskMount } from "../../lib/service.ts";

/**
 * What Portainer CE and its agent are started with; the paths in brackets are of their repositories. Both images hold
 * static programs and no shell: nothing can read a secret for them first, and no health command can run.
 */

/** Where an agent serves, with a certificate that it makes for itself at each start (`os/options.go`). */
const AGENT_PORT = 9001;

/** The mounts of the maker's stack file: the engine, and the volumes that the web UI can browse. */
export const AGENT_MOUNTS: TaskMount[] = [
  { type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" },
  { type: "bind", source: "/var/lib/docker/volumes", target: "/var/lib/docker/volumes" },
];

interface PortainerStart {
  /** Name of the agents' service. */
  agent: string;
  /**
   * File with the administrator's password in clear: 12 to 72 bytes, which is what its API takes and what bcrypt can
   * hash. One line's end after it is left out.
   */
  passwordFile: string;
}

/**
 * Arguments of Portainer's server (`api/cli/cli.go`).
 *
 * Password and environment are taken only while `/data` is new, and the environment only if an agent answers within
 * three seconds: else the server ends, and when it is started again it skips both (portainer/portainer issue 12667).
 * Whoever needs the environment must therefore ask for it afterwards and add it if it is missing: `environmentForm`.
 */
export function portainerArguments({ agent, passwordFile }: PortainerStart): string[] {
  return [
    `--host=${agentUrl(agent)}`,
    // The agent's certificate is self-signed and another one at each start.
    "--tlsskipverify",
    // One word with its flag: a word of its own that starts with `@` would name a file of more arguments.
    `--admin-password-file=${passwordFile}`,
    // Plain HTTP at 9000 is on when `/data` is new, but what is in effect is kept there, where the web UI can change it.
    "--http-enabled",
  ];
}

interface AgentStart {
  /** Name of the agents' own service, by which they find each other. */
  service: string;
}

/**
 * Environment of an agent (`os/options.go`, `cmd/agent/main.go`).
 *
 * Without a shared secret: the server reads it from its environment only (`AGENT_SECRET`), which `docker service
 * inspect` shows. An agent without one obeys, until it ends, the first Portainer that calls it, by that one's key.
 */
export function agentEnvironment({ service }: AgentStart): Record<string, string> {
  return {
    // A name alone: the agent resolves it and takes each address as another agent's.
    AGENT_CLUSTER_ADDR: tasksOf(service),
    AGENT_PORT: String(AGENT_PORT),
    LOG_LEVEL: "INFO",
  };
}

/**
 * The fields, as a multipart form, of `POST /api/endpoints`, by which an administrator registers the swarm; type 2 is
 * an agent (`api/http/handler/endpoints/endpoint_create.go`).
 */
export function environmentForm(agent: string): Record<string, string> {
  return {
    // The server's own name for what `--host` registers (`api/internal/endpointutils/endpoint_setup.go`).
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

/** Swarm's name for the addresses of all tasks of a service, whether it has a virtual address of its own or not. */
function tasksOf(service: string): string {
  return `tasks.${service}`;
}
