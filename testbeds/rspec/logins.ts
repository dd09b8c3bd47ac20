import type { DocumentLogin, DocumentNode } from "./document.ts";
import { shown } from "./errors.ts";
import { authorityOf, valueError } from "./values.ts";

/** An account on a machine that takes keys. */
export interface Account {
  host: string;
  port: number;
  user: string;
}

export interface Login extends Account {
  /** The proxy that the connection has to go through, on testbeds that have one. */
  jump?: Account;
}

/** The chosen login of a node, or why there is none. `notes` say why logins were left out. */
export type LoginChoice = { login: Login; notes: string[] } | { why: string; notes: string[] };

/**
 * Chooses the login of a node: the given user's, or the first that takes keys.
 *
 * Testbeds list one login for each member of the project, and some the account of their proxy as if it were the node's.
 */
export function chooseLogin(node: DocumentNode, user?: string): LoginChoice {
  const notes: string[] = [];
  const { proxies, byAccount, forAll } = readProxies(node, notes);
  const usable: Login[] = [];
  const seen = new Set(proxies);
  for (const written of node.logins) {
    const account = readLogin(written, notes);
    if (!account || seen.has(nameOf(account))) continue;
    seen.add(nameOf(account));
    const jump = byAccount.get(nameOf(account)) ?? forAll;
    usable.push(jump ? { ...account, jump } : account);
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
  const { authentication = "ssh-keys", hostname: host, port = "22", username } = written;
  // Some testbeds write user:password here; the password must appear in no message.
  const user = username?.replace(/:.*/s, ":…");
  const who = `login of ${shown((username ?? "nobody").replace(/:.*/s, ""))}`;
  if (authentication.toLowerCase() !== "ssh-keys") {
    notes.push(`${who} is left out: it is by ${shown(authentication)}, and keys are needed ("ssh-keys")`);
    return undefined;
  }
  const errors = {
    hostname: valueError(host, "host name or address"),
    port: valueError(port, "port"),
    username: valueError(user, "user name"),
  };
  for (const [name, error] of Object.entries(errors)) {
    if (error) notes.push(`${who} is left out: ${name} ${error}`);
  }
  if (!host || !user || Object.values(errors).some(Boolean)) return undefined;
  return { host, port: Number(port), user };
}

interface Proxies {
  /** The names of their accounts. */
  proxies: Set<string>;
  /** The proxy of an account. */
  byAccount: Map<string, Account>;
  forAll?: Account;
}

/** Reads jFed's extension `proxy="user@host:port" for="user@host:port"`. */
function readProxies(node: DocumentNode, notes: string[]): Proxies {
  const found: Proxies = { proxies: new Set(), byAccount: new Map() };
  for (const written of node.proxies) {
    const proxy = readAccount(written.proxy);
    const target = written.for === undefined ? undefined : readAccount(written.for);
    if (!proxy || (written.for !== undefined && !target)) {
      notes.push(`proxy ${shown(written.proxy)} is left out: it is not of the form user@host:port`);
      continue;
    }
    found.proxies.add(nameOf(proxy));
    if (target) found.byAccount.set(nameOf(target), proxy);
    else found.forAll ??= proxy;
  }
  return found;
}

function readAccount(text: string): Account | undefined {
  const [, username, hostname, port] = /^([^@\s]+)@([^@\s]+?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return readLogin({ username, hostname, port }, []);
}

function nameOf({ user, host, port }: Account): string {
  return `${user}@${host.toLowerCase()}:${port}`;
}
