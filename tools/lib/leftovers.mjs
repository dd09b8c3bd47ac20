import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { cache, home, project, stateDirectory } from "./paths.mjs";
import { run } from "./run.mjs";

const STACK_LABEL = "swarmbench.stack";
const OWNER_LABEL = "swarmbench.owner";

/**
 * @typedef {{ what: string, remove: () => Promise<unknown> }} Leftover
 * @typedef {{ leftovers: Leftover[], others: string[] }} Found `others`: what another checkout is using
 */

/**
 * What carries our label on this machine's engine and no stack of this checkout knows: a crash left it.
 *
 * @param {string} engineHost
 * @returns {Promise<Found>}
 */
export async function dockerLeftovers(engineHost) {
  const docker = (...args) => run("docker", ["--host", engineHost, ...args]);
  const list = async (kind, args, id, name) => {
    const columns = [id, name, `{{.Label "${STACK_LABEL}"}}`, `{{.Label "${OWNER_LABEL}"}}`].join("\t");
    const text = await docker(...args, "--filter", `label=${STACK_LABEL}`, "--format", columns);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [id, name, stack, owner] = line.split("\t");
        return { kind, id, name, stack, owner };
      });
  };
  // In the order in which they can be removed.
  const objects = [
    ...(await list("container", ["ps", "--all", "--no-trunc"], "{{.ID}}", "{{.Names}}")),
    ...(await list("volume", ["volume", "ls"], "{{.Name}}", "{{.Name}}")),
    ...(await list("network", ["network", "ls", "--no-trunc"], "{{.ID}}", "{{.Name}}")),
  ];
  const known = recordedIds();
  const mine = objects.filter(({ id, owner }) => owner === project && !known.has(id));
  const orphaned = objects.filter(
    ({ owner }) => owner !== project && !existsSync(path.join(owner, "Pulumi.yaml")),
  );
  const others = objects.filter(
    ({ owner }) => owner !== project && existsSync(path.join(owner, "Pulumi.yaml")),
  );
  const leftover = ({ kind, id, name, stack, owner }, why) => ({
    what: `${kind} ${name} of ${stack}: ${why ?? `its checkout ${owner} is gone`}`,
    remove: () => docker(kind, "rm", ...(kind === "network" ? [] : ["--force"]), id),
  });
  return {
    leftovers: [
      ...mine.map((object) => leftover(object, "no stack of this checkout knows it")),
      ...orphaned.map((object) => leftover(object)),
    ],
    others: [...new Set(others.map(({ stack, owner }) => `${stack}, from ${owner}`))],
  };
}

/** The ids of every resource in this checkout's Pulumi states. */
function recordedIds() {
  const ids = new Set();
  for (const file of filesBelow(path.join(stateDirectory, ".pulumi/stacks"), ".json")) {
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8"));
    for (const { id } of checkpoint?.latest?.resources ?? []) if (id) ids.add(id);
  }
  return ids;
}

function filesBelow(directory, suffix) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith(suffix))
    .map((name) => path.join(directory, name));
}

/** Locks of stacks whose `pulumi` is no more: the next one would refuse to work. @returns {Leftover[]} */
export function staleLocks(pulumi, env) {
  return filesBelow(path.join(stateDirectory, ".pulumi/locks"), ".json").flatMap((file) => {
    const { pid, hostname: host } = JSON.parse(readFileSync(file, "utf8"));
    if (host !== hostname() || existsSync(`/proc/${pid}`)) return [];
    const stack = path.basename(path.dirname(file));
    return [
      {
        what: `the lock of stack ${stack}, whose pulumi (process ${pid}) is no more`,
        remove: () => run(pulumi, ["cancel", "--yes", "--stack", stack], { env, cwd: project }),
      },
    ];
  });
}

/** Processes of our tools whose pulumi is no more. @returns {Leftover[]} */
export function strayProcesses() {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const seen = look(pid);
      if (!seen?.ours || seen.parent !== 1) return [];
      const remove = async () => process.kill(Number(pid), "SIGTERM");
      return [{ what: `process ${pid}: ${seen.command.slice(0, 120)}`, remove }];
    });
}

function look(pid) {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    const program = readlinkSync(`/proc/${pid}/exe`);
    const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
    const ours =
      program.startsWith(path.join(cache, "tools") + path.sep) ||
      command.includes(path.join(home, "ssh/id_ed25519")) ||
      (command.includes("@pulumi/pulumi/cmd/run") && command.includes(` --pwd ${project} `));
    return { command, parent, ours };
  } catch {
    return undefined; // it ended while we looked, or is not ours to look at
  }
}

/** Half-made files in the cache, of a setup that was cut off. @returns {Leftover[]} */
export function partialFiles() {
  const scratch = path.join(cache, "tmp");
  const names = existsSync(scratch) ? readdirSync(scratch).map((name) => path.join(scratch, name)) : [];
  return names.map((name) => ({
    what: `half-made files in ${name}`,
    remove: async () => rmSync(name, { recursive: true, force: true }),
  }));
}
