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
export function checkSshValues({ node, address, way }: Host): void {
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
  if (way.by === "file") return;
  check("the user", way.user, isUserName);
  check("the port", String(way.port), (text) => /^[1-9]\d{0,4}$/.test(text));
  check("the jump host", way.jump, (text) => JUMP.test(text));
  check("the key file", way.key, fileName);
  check("the file of known hosts", way.knownHosts, fileName);
  check("the proxy command", way.proxyCommand, oneLine);
  for (const key of way.hostKeys ?? []) check("the host key", key, (text) => HOST_KEY.test(text));
}
