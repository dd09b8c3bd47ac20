import { script } from "../../lib/shell.ts";

/**
 * Ends the script's processes within about a second when its shell is killed, or when `pulumi` has ended. The official provider
 * kills only the shell at Ctrl-C, and notices a killed `pulumi` after minutes. Without this, what the script started, such as
 * `ssh`, would continue and change the stack later.
 *
 * A background process watches the shell and the parent of the provider, which changes when `pulumi` ends. It finds the script's
 * processes by a variable in their environment (proc(5)). On systems without /proc nothing is watched.
 */
const TIE = `
SWARMBENCH_SCRIPT="$$ $(date +%s)"
export SWARMBENCH_SCRIPT
( tie() {
    exec </dev/null >/dev/null 2>&1
    set +eu
    { read -r _ _ _ engine _ < "/proc/$PPID/stat"; } || exit 0
    while kill -0 $$; do
      now=
      { read -r _ _ _ now _ < "/proc/$PPID/stat"; }
      if [ "$now" != "$engine" ]; then kill -TERM $$; break; fi
      command -p sleep 1 # not a function or program that the script defines
    done
    for file in $(command -p grep -lsxz "SWARMBENCH_SCRIPT=$SWARMBENCH_SCRIPT" /proc/[0-9]*/environ); do
      pid=\${file#/proc/}
      kill -KILL "\${pid%/environ}"
    done
  }
  tie & )`;

/**
 * A {@link script} for a command of this machine that takes long: everything that it starts ends when it is interrupted.
 *
 * @param parameters values of the variables that the script starts with
 */
export function tiedScript(parameters: Record<string, string | number>, body: string): string {
  return script(parameters, `${TIE.trim()}\n${body.trim()}`);
}
