import { z } from "zod";
import { type DocumentLogin, type DocumentNode, parsed } from "./document.ts";
import { shown } from "./errors.ts";
import { authorityOf, hostName, port, userName } from "./values.ts";

/** An account on a machine that takes keys. */
export interface Account {
  host: string;
  port: number;
  user: string;
}

export interface Login extends Account {
  /** What the connection has to go through, where the testbed has such a thing. */
  jump?: Account;
}

/** What came of looking for a node's login. `notes` say of every login that cannot be used why. */
export type LoginChoice = { login: Login; notes: string[] } | { why: string; notes: string[] };

const loginSchema = z.object({
  hostname: hostName,
  port: port.default(22),
  username: userName,
});

/**
 * The login of a node that is used: the given user's, or the first that takes keys.
 *
 * Testbeds list one for each member of the project, and some the account of their proxy as if it were the node's.
 */
export function chooseLogin(node: DocumentNode, user?: string): LoginChoice {
  const notes: string[] = [];
  const jumps = readProxies(node, notes);
  const usable: Login[] = [];
  const seen = new Set<string>();
  for (const written of node.logins) {
    const account = readLogin(written, notes);
    if (!account || seen.has(nameOf(account))) continue;
    seen.add(nameOf(account));
    if (jumps.proxies.has(nameOf(account))) continue;
    const jump = jumps.ofAccount.get(nameOf(account)) ?? jumps.ofAll;
    usable.push({ ...account, ...(jump ? { jump } : {}) });
  }
  const login = usable.find((account) => user === undefined || account.user === user);
  if (login) return { login, notes };
  return { why: whyNone(node, usable, user, notes), notes };
}

function whyNone(node: DocumentNode, usable: Login[], user: string | undefined, notes: string[]): string {
  const users = [...new Set(usable.map((account) => account.user))];
  if (users.length > 0)
    return `has no login of user ${shown(user ?? "")}; it has those of ${users.slice(0, 20).join(", ")}`;
  if (node.logins.length > 0) {
    return `has no login that can be used${notes.length > 0 ? `: ${notes.slice(0, 5).join("; ")}` : " but a proxy's"}`;
  }
  const wait = "wait until jFed shows it as ready, then save the manifest again";
  if (node.sliver !== undefined) {
    return `has no login: it is not ready yet, or of a kind that cannot be logged in to; ${wait}`;
  }
  const testbed = authorityOf(node.manager);
  const other = testbed ? `, or give the manifest of ${testbed} too` : "";
  return `is not reserved: it has neither sliver nor login; ${wait}${other}`;
}

function readLogin(written: DocumentLogin, notes: string[]): Account | undefined {
  const authentication = written.authentication ?? "ssh-keys";
  // Some testbeds write user:password here: it goes into no message.
  const who = `login of ${shown((written.username ?? "nobody").replace(/:.*/s, ""))}`;
  if (authentication.toLowerCase() !== "ssh-keys") {
    notes.push(`${who} is left out: it is by ${shown(authentication)}, and keys are needed ("ssh-keys")`);
    return undefined;
  }
  const checked = parsed(
    loginSchema,
    { ...written, username: written.username?.replace(/:.*/s, ":…") },
    `${who} is left out: `,
    notes,
  );
  return checked && { host: checked.hostname, port: checked.port, user: checked.username };
}

interface Jumps {
  proxies: Set<string>;
  ofAccount: Map<string, Account>;
  ofAll?: Account;
}

/** jFed's extension: `proxy="user@host:port" for="user@host:port"`. */
function readProxies(node: DocumentNode, notes: string[]): Jumps {
  const jumps: Jumps = { proxies: new Set(), ofAccount: new Map() };
  for (const written of node.proxies) {
    const proxy = readAccount(written.proxy);
    const target = written.for === undefined ? undefined : readAccount(written.for);
    if (!proxy || (written.for !== undefined && !target)) {
      notes.push(`proxy ${shown(written.proxy)} is left out: it is not of the form user@host:port`);
      continue;
    }
    jumps.proxies.add(nameOf(proxy));
    if (target) jumps.ofAccount.set(nameOf(target), proxy);
    else jumps.ofAll ??= proxy;
  }
  return jumps;
}

function readAccount(text: string): Account | undefined {
  const [, user, host, portText] = /^([^@\s]+)@([^@\s]+?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return readLogin(
    {
      username: user || undefined,
      hostname: host || undefined,
      port: portText || undefined,
    },
    [],
  );
}

function nameOf({ user, host, port: number }: Account): string {
  return `${user}@${host.toLowerCase()}:${number}`;
}
