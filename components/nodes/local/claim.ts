// Keeps two checkouts that run `up` at the same time from both taking a stack's name on one Docker engine.
import * as pulumi from "@pulumi/pulumi";
import { SwarmbenchError } from "../../../contract/errors.ts";
import type { DockerCli } from "../../../lib/docker.ts";
import { OWNER_LABEL, type Owner, STACK_LABEL } from "../../lib/ownership.ts";

/** A network with the label of a stack. */
interface ClaimingNetwork {
  id: string;
  owner: string;
  /** When the engine created it, as a text that sorts by time. */
  created: string;
}

/**
 * A hook that runs before anything is created after the stack's network, and fails if a checkout of the same prefix has an older
 * network. Engines before 25.0 accept two networks of one name. Each `up` checks after it created its own network, so exactly
 * one of them continues, whatever the timing. The other removes its network and has changed nothing else.
 *
 * @param name of the object that is created
 * @param docker runs `docker` on the engine that holds the stack's containers
 */
export function refuseOlderClaim(name: string, owner: Owner, docker: DockerCli): pulumi.ResourceHookBinding {
  const hook = new pulumi.ResourceHook(`claim-before-${name}`, () => checkClaim(owner, docker));
  return { beforeCreate: [hook] };
}

/** Does the work of {@link refuseOlderClaim}. @throws SwarmbenchError `testbed-failed` if another checkout was first */
export async function checkClaim({ prefix, directory }: Owner, docker: DockerCli): Promise<void> {
  const networks = await claimingNetworks(prefix, docker);
  const own = networks.filter(({ owner }) => owner === directory);
  const [first] = networks;
  if (first === undefined || first.owner === directory) return;
  for (const { id } of own) await docker("network", "rm", id);
  throw new SwarmbenchError(
    "testbed-failed",
    `A stack of the same name (${prefix}) was started from ${first.owner} at the same time; that stack was not changed.`,
    { hint: "Destroy it there, or give this stack another swarmbench:namespace." },
  );
}

/** The networks of all checkouts with this prefix, the oldest first. */
async function claimingNetworks(prefix: string, docker: DockerCli): Promise<ClaimingNetwork[]> {
  const filter = ["--filter", `label=${STACK_LABEL}=${prefix}`];
  const listed = await lines(docker("network", "ls", "--quiet", "--no-trunc", ...filter));
  if (listed.length === 0) return [];
  const format = `{{.Id}}\t{{json .Created}}\t{{index .Labels "${OWNER_LABEL}"}}`;
  const inspected = await lines(docker("network", "inspect", "--format", format, ...listed));
  return inspected
    .map((line): ClaimingNetwork => {
      const [id = "", created = "", owner = ""] = line.split("\t");
      return { id, owner, created: `${sortable(created)} ${id}` };
    })
    .sort((a, b) => (a.created < b.created ? -1 : 1));
}

/** A time in RFC 3339 whose fraction has any number of digits, as a text that sorts by time. */
function sortable(time: string): string {
  const text = time.replaceAll('"', "");
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  const seconds = Math.floor(Date.parse(text.replace(/\.\d+/, "")) / 1_000);
  return `${String(seconds).padStart(12, "0")}.${fraction.padEnd(9, "0")}`;
}

async function lines(output: Promise<string>): Promise<string[]> {
  return (await output).split("\n").filter(Boolean);
}
