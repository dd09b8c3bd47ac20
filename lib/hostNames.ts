// Alphabets of values from other systems that end up in ssh configurations, command lines and messages.
import { isIPv4, isIPv6 } from "node:net";

const LABEL = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/**
 * Whether a text is a host name, an IPv4 or an IPv6 address. Such a text has no slash, white space or percent sign, and does
 * not begin with a dash. Underscores are allowed, because aliases of machines have them.
 */
export function isHostName(text: string): boolean {
  if (isIPv4(text)) return true;
  if (text.includes(":")) return isIPv6(text) && !text.includes("%"); // ssh expands percent signs
  const labels = text.replace(/\.$/, "").split(".");
  return text.length <= 253 && labels.every((label) => LABEL.test(label));
}

/** Whether a text is the name of a Unix user: letters, digits, `. _ @ -`, at most 64. Directories have names like `ann@corp`. */
export function isUserName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/.test(text);
}

/** Whether a text is an IPv4 address that a machine can have: not 0.x, loopback, multicast or reserved. */
export function isMachineAddress(text: string): boolean {
  return isIPv4(text) && !/^(0|127|22[4-9]|2[345]\d)\./.test(text);
}

/** Characters of a foreign value that a message shows at most. */
const MAX_SHOWN = 80;

/** What a terminal would interpret: control characters, and characters that change the direction of writing. */
const INTERPRETED = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/**
 * A foreign text on one line, for a message: what a terminal would interpret becomes a space.
 *
 * @param max number of characters after which it is cut
 */
export function plainForeign(text: string, max: number): string {
  return text
    .slice(0, 20 * max)
    .replace(INTERPRETED, " ")
    .trim()
    .slice(0, max);
}

/**
 * Quotes a foreign value for a message. Cuts it after 80 characters and escapes what a terminal would interpret: control
 * characters, and characters that change the direction of writing.
 */
export function quoteForeign(value: string): string {
  const cut = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
