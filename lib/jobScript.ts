// The script that runs a job of the bench image on the manager. It does not need Pulumi, because cli/ uses it as well as `up`.
import { script } from "./shell.ts";

/** The parameters of {@link jobScript}. */
export interface JobScript {
  /** Name of the job, the argument of the bench image. */
  job: string;
  image: string;
  /** The overlay network that it joins. */
  network: string;
  /** JSON for its standard input. */
  input: string;
  /** Shell commands that run first. */
  before: string;
  /** Text without effect on the job; Pulumi runs the script again when it changes. */
  marks: string;
  /** Does nothing when the resource is created. */
  onlyOnUpdate: boolean;
  /** Labels of its container. */
  labels: string[];
}

/** A script that runs a job. Its input does not show in a process list: it is a shell variable, and `printf` is a shell builtin. */
export function jobScript({
  job,
  image,
  network,
  input,
  before,
  marks,
  onlyOnUpdate,
  labels,
}: JobScript): string {
  const labelWords = labels.map((_, index) => `--label "$LABEL${index}"`).join(" ");
  return script(
    {
      JOB: job,
      IMAGE: image,
      NETWORK: network,
      INPUT: input,
      MARKS: marks,
      ...Object.fromEntries(labels.map((label, index) => [`LABEL${index}`, label])),
    },
    `
${onlyOnUpdate ? "[ $# -gt 0 ] || exit 0 # at create there is nothing to wait for" : ""}
${before}
docker image inspect "$IMAGE" >/dev/null 2>&1 || docker pull --quiet "$IMAGE" >/dev/null
printf '%s\\n' "$INPUT" | docker run --rm --interactive --log-driver none --network "$NETWORK" ${labelWords} "$IMAGE" "$JOB"`,
  );
}
