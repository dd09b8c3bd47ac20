// How a job of the bench image is run on the manager: plain text, without Pulumi, for `up` and for cli/ alike.
import { script } from "./shell.ts";

export interface JobScript {
  job: string;
  image: string;
  network: string;
  input: string;
  before: string;
  marks: string;
  onlyOnUpdate: boolean;
  labels: string[];
}

/** The input is a shell variable and `printf` is the shell's own: neither shows in a process list. */
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
