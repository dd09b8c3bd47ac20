import { SwarmbenchError } from "../../../contract/errors.ts";
import { isHostName, isUserName, quoteForeign } from "../../../lib/hostNames.ts";
import type { Host } from "./host.ts";

const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const JUMP =
  /^[A-Za-z0-9_][A-Za-z0-9_.-]*@(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9][A-Za-z0-9._-]*|[0-9A-Fa-f:]+?)(:\d{1,5})?$/;
const HOST_KEY = /^[a-z0-9][a-z0-9@.-]{0,60} [A-Za-z0-9+/=]+$/;
/** A line break would begin a new statement of the configuration, and a quotation mark would end a file's name. */
const oneLine = (text: string) => !/\p{Cc}/u.test(text);
const fileName = (text: string) => oneLine(text) && !text.includes('"');

/**
 * Checks every value of a machine that goes into an ssh configuration or the name of its file. Values come from a testbed, a
 * manifest or the settings.
 *
 * @throws SwarmbenchError `unsafe-value` for the first value outside its alphabet
 */
export function checkSshValues({ node, address, access }: Host): void {
  const check = (what: string, value: string | undefined, valid: (text: string) => boolean) => {
    if (value === undefined || valid(value)) return;
    throw new SwarmbenchError(
      "unsafe-value",
      `${quoteForeign(node.name)}: ${what} ${quoteForeign(value)} cannot be written into an ssh configuration`,
      {
        hint: "Nothing was written. Check where the value comes from: the testbed, a manifest or the scenario",
      },
    );
  };
  check("the name", node.name, (text) => NODE_NAME.test(text));
  check("the address", address, isHostName);
  if (access.by === "file") return;
  check("the user", access.user, isUserName);
  check("the port", String(access.port), (text) => /^[1-9]\d{0,4}$/.test(text));
  check("the jump host", access.jump, (text) => JUMP.test(text));
  check("the key file", access.key, fileName);
  check("the file of known hosts", access.knownHosts, fileName);
  check("the proxy command", access.proxyCommand, oneLine);
  for (const key of access.hostKeys ?? []) check("the host key", key, (text) => HOST_KEY.test(text));
}
