import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { SwarmbenchError } from "../../contract/errors.ts";
import { commandLine, script, word } from "../../lib/shell.ts";
import { asRoot, type SshEndpoint, sshArguments } from "../../lib/ssh.ts";
import type { DeploymentImages } from "../lib/deployment.ts";
import type { StoredImage } from "../lib/installation.ts";
import type { Registry } from "./registry.ts";
import type { Swarm } from "./swarm.ts";

interface ImagesArgs {
  swarm: Swarm;
  registry: Registry;
  /** The images to upload, by name. */
  images: Readonly<Record<string, StoredImage>>;
}

/** Uploads the images of the stack's services to the testbed's registry, as files in the registry's storage layout. */
export class Images extends pulumi.ComponentResource implements DeploymentImages {
  private readonly sent: pulumi.Output<string>;

  private readonly args: ImagesArgs;

  constructor(name: string, args: ImagesArgs, options?: pulumi.ComponentResourceOptions) {
    super("swarmbench:swarm:Images", name, {}, options);
    this.args = args;

    const { swarm, registry, images } = args;
    const { manager } = swarm;
    const trees = Object.values(images).map(({ tree }) => tree);
    const sent = new local.Command(
      `${name}-sent`,
      {
        create: registry.volume.apply((volume) => sendTreesScript({ trees, volume, ssh: manager.ssh })),
        // A replaced manager, or one with a new swarm, has lost the registry's volume.
        environment: { SWARMBENCH_MANAGER: pulumi.interpolate`${manager.ready} ${swarm.id}` },
        interpreter: ["/bin/bash", "-c"],
        logging: local.Logging.None,
        addPreviousOutputInEnv: false,
      },
      { parent: this, deletedWith: manager.machine },
    );
    // The id rather than the output: a preview knows the id even if the images will be uploaded again.
    this.sent = sent.id;
    this.registerOutputs({ sent: this.sent });
  }

  ref(image: string): pulumi.Output<string> {
    const stored = this.args.images[image];
    if (!stored) {
      throw new SwarmbenchError("not-set-up", `The image ${image} is not installed.`, {
        hint: "Install it: npm run setup",
      });
    }
    return pulumi
      .all([this.args.registry.address, this.sent])
      .apply(([address]) => `${address}/${stored.repository}@${stored.digest}`);
  }
}

interface SendTrees {
  /** Local folders in registry storage layout. Files that exist in several of them are identical. */
  trees: string[];
  /** Name of the registry's volume on the manager. */
  volume: string;
  /** SSH endpoint of the manager. */
  ssh: SshEndpoint;
}

/**
 * A bash script that uploads the files missing in the volume. Files go to a temporary folder and are moved in place after all
 * have arrived, blobs before the links to them. An interrupted upload therefore leaves nothing that the registry would serve.
 */
export function sendTreesScript({ trees, volume, ssh }: SendTrees): string {
  return script(
    {
      TREES: trees.join("\n"),
      LIST: onVolume(ssh, volume, "rm -rf .incoming.*; if [ -d docker ]; then find docker -type f; fi"),
      UNPACK: onVolume(
        ssh,
        volume,
        `
incoming=$(mktemp -d .incoming.XXXXXX)
trap 'rm -rf "$incoming"' EXIT
tar --no-same-owner -x -C "$incoming"
# Hard links appear atomically, with their full content.
for folder in blobs repositories; do
  [ ! -d "$incoming/docker/registry/v2/$folder" ] || {
    mkdir -p docker/registry/v2
    cp -alf "$incoming/docker/registry/v2/$folder" docker/registry/v2/
  }
done`,
      ),
    },
    `
[ -n "$TREES" ] || exit 0
set -o pipefail
manager() { ${["ssh", ...sshArguments(ssh)].map(word).join(" ")} "$1"; }
files() {
  while IFS= read -r tree; do
    cd "$tree" 2>/dev/null || { echo "$tree is missing; restore it with: npm run setup" >&2; return 1; }
    find docker -type f | while IFS= read -r file; do printf '%s\t%s\n' "$file" "$tree"; done
  done <<< "$TREES"
}
existing=$(manager "$LIST")
all=$(files | LC_ALL=C sort -u -t $'\t' -k 1,1)
missing=()
while IFS=$'\t' read -r file tree; do
  [[ $'\n'$existing$'\n' == *$'\n'"$file"$'\n'* ]] || missing+=(-C "$tree" "$file")
done <<< "$all"
if [ "\${#missing[@]}" -gt 0 ]; then
  COPYFILE_DISABLE=1 tar -c "\${missing[@]}" | manager "$UNPACK"
fi`,
  );
}

/** A command line for the manager that runs in the folder of a volume. */
function onVolume(ssh: SshEndpoint, volume: string, body: string): string {
  const command = commandLine(
    { VOLUME: volume },
    `
folder=$(docker volume inspect --format '{{.Mountpoint}}' "$VOLUME")
cd "$folder"
${body}`,
  );
  return asRoot(ssh, command);
}
