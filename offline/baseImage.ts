import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { BASE_SCRATCH } from "../cli/lib/paths.ts";
import { run } from "../cli/lib/run.ts";
import { step } from "../cli/lib/steps.ts";
import { DEFAULT_IMAGES, imageId, imagePrefix } from "../cli/setup/engineImages.ts";
import { DEFAULT_ENGINE, ensurePrograms } from "../cli/setup/host.ts";
import { partialOf, removeTree } from "../cli/setup/partial.ts";
import { versions } from "../cli/setup/versions.ts";
import { SwarmbenchError } from "../contract/errors.ts";

/** Version of the recipe; increase it when the recipe changes. */
const BASE_RECIPE = 3;
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The image of a suite of Debian, such as trixie: its minimal system. */
export const baseImageOf = (suite: string) => `${imagePrefix}/base:${suite}-${BASE_RECIPE}`;
/** The image that the Dockerfiles start from. */
export const BASE_IMAGE = baseImageOf(versions.debian);

const making = new Map<string, Promise<void>>();

/**
 * Makes {@link baseImageOf} a suite in an engine unless it is there, from Debian's packages.
 *
 * @param suite @default the one that the Dockerfiles start from
 * @throws SwarmbenchError with the command that root can run, where this user may not
 */
export function ensureBaseImage(engineHost: string, suite: string = versions.debian): Promise<void> {
  const key = `${suite} ${engineHost}`;
  const made = making.get(key) ?? makeBaseImage(engineHost, suite);
  making.set(key, made);
  return made;
}

async function makeBaseImage(engineHost: string, suite: string): Promise<void> {
  if (await imageId(engineHost, baseImageOf(suite))) return;
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new SwarmbenchError(
      "platform-unsupported",
      "Making the base image from Debian's packages needs root on a Linux machine.",
      {
        hint:
          `Let root make it, then run \`npm run setup\` again: ${asRoot(engineHost)}\n` +
          "Or use the official images: SWARMBENCH_SOURCE=official npm run setup",
      },
    );
  }
  await ensurePrograms({
    debootstrap: "debootstrap",
    gpgv: "gpgv",
    [KEYRING]: "debian-archive-keyring",
  });
  await step(`make the base image of Debian ${suite}`, () => makeBase(engineHost, suite));
}

/** Returns the command for root. sudo passes no environment on, and root has the default engine and image names. */
export function asRoot(engineHost: string, prefix = imagePrefix): string {
  const env: string[] = [];
  if (engineHost !== DEFAULT_ENGINE) env.push(`DOCKER_HOST=${engineHost}`);
  if (prefix !== DEFAULT_IMAGES) env.push(`SWARMBENCH_IMAGES=${prefix}`);
  return ["sudo", ...(env.length > 0 ? ["env", ...env] : []), "npm run setup -- --base-image"].join(" ");
}

async function makeBase(engineHost: string, suite: string): Promise<void> {
  const scratch = partialOf(BASE_SCRATCH);
  const system = path.join(scratch, "root");
  await removeTree(scratch); // left by an earlier process with the same id
  mkdirSync(scratch, { mode: 0o700 }); // fails if somebody else created it, because its parent folder is writable for all
  mkdirSync(system, { mode: 0o755 });
  try {
    const signed = ["--force-check-gpg", `--keyring=${KEYRING}`];
    const minimal = ["--variant=minbase", "--include=ca-certificates,curl"];
    await run("debootstrap", [...minimal, ...signed, suite, system]);
    trimBase(system);
    if (suite !== versions.debian) {
      // A mirror may be a snapshot of a suite that is still growing, whose lists count as outdated after a week.
      const file = path.join(system, "etc/apt/apt.conf.d/outdated-lists");
      writeFileSync(file, 'Acquire::Check-Valid-Until "false";\n');
    }
    const pack = 'set -o pipefail; tar -C "$1" -c . | docker --host "$2" import - "$3"';
    await run("bash", ["-c", pack, "bash", system, engineHost, baseImageOf(suite)]);
  } finally {
    await removeTree(scratch);
  }
}

/** Folders that no program needs: documentation, translations, apt's caches. */
const UNNEEDED = [
  ...["doc", "info", "locale", "man"].map((name) => `usr/share/${name}`),
  ...["var/cache/apt", "var/lib/apt/lists", "var/log"],
];
/** Excludes the same files from packages that the Dockerfiles install. */
const DPKG_EXCLUDES = `path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
`;

/** Removes unneeded files except licences. Folders are kept, because packages expect them. */
export function trimBase(system: string): void {
  writeFileSync(path.join(system, "etc/dpkg/dpkg.cfg.d/swarmbench"), DPKG_EXCLUDES);
  for (const folder of UNNEEDED.map((name) => path.join(system, name))) {
    for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (name.isFile() && name.name !== "copyright") rmSync(path.join(name.parentPath, name.name));
    }
  }
}
